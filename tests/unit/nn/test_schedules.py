"""Learning-rate schedules, compared with values computed by hand."""

import math

import numpy as np
import pytest

from layerwise import nn


def test_exponential_decay():
    smooth = nn.ExponentialDecay(0.8, 10, 0.5)
    staircase = nn.ExponentialDecay(0.8, 10, 0.5, staircase=True)
    assert [smooth(step) for step in (0, 5, 10, 20)] == pytest.approx([0.8, 0.8 * math.sqrt(0.5), 0.4, 0.2])
    assert [staircase(step) for step in (0, 9, 10, 19, 20)] == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2])


def test_cosine_decay():
    schedule = nn.CosineDecay(2.0, 4, alpha=0.1)
    expected = [2.0, 2 * (0.9 * (1 + math.cos(math.pi / 4)) / 2 + 0.1), 1.1, 0.2, 0.2]
    assert [schedule(step) for step in (0, 1, 2, 4, 9)] == pytest.approx(expected)


def test_cosine_decay_with_warm_up():
    schedule = nn.CosineDecay(0.1, 10, warmup_target=1.1, warmup_steps=5)
    assert [schedule(step) for step in (0, 1, 5, 10, 15, 30)] == pytest.approx([0.1, 0.3, 1.1, 0.55, 0.0, 0.0])


def test_piecewise_constant_decay_includes_the_boundary():
    schedule = nn.PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1])
    assert [schedule(step) for step in range(6)] == [1.0, 1.0, 1.0, 0.5, 0.5, 0.1]


def test_one_cycle_rises_then_falls():
    schedule = nn.OneCycle(1.0, 101, warmup_fraction=0.3, initial_divisor=25, final_divisor=1e4)
    rates = np.array([schedule(step) for step in range(120)])
    peak = int(rates.argmax())
    assert rates[0] == pytest.approx(1 / 25)
    assert rates.max() == pytest.approx(1.0, abs=1e-3) and peak in (29, 30)
    assert rates[100] == pytest.approx(1 / 25 / 1e4) and (rates[101:] == rates[100]).all()
    assert (np.diff(rates[: peak + 1]) > 0).all() and (np.diff(rates[peak:101]) < 0).all()


@pytest.mark.parametrize(
    "schedule",
    [
        nn.ExponentialDecay(0.1, 5, 0.9, staircase=True),
        nn.CosineDecay(0.1, 5, warmup_target=0.3, warmup_steps=2),
        nn.PiecewiseConstantDecay([3], [0.1, 0.01]),
        nn.OneCycle(0.1, 10),
    ],
)
def test_a_schedule_is_serialized_with_its_optimizer(schedule):
    optimizer = nn.Adam(schedule)
    rebuilt = nn.optimizers.get(optimizer.serialize())
    assert [rebuilt.learning_rate(step) for step in range(12)] == [schedule(step) for step in range(12)]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.ExponentialDecay(0, 5, 0.9), "initial_learning_rate must be a finite number > 0, got 0"),
        (lambda: nn.ExponentialDecay(0.1, 0, 0.9), "decay_steps must be a finite number > 0, got 0"),
        (lambda: nn.CosineDecay(0.1, -1), "decay_steps must be a finite number > 0, got -1"),
        (lambda: nn.PiecewiseConstantDecay([1], [0.1]), r"one fewer than values, got boundaries \[1\]"),
        (lambda: nn.PiecewiseConstantDecay([3, 1], [0.1, 0.2, 0.3]), "boundaries must be increasing"),
        (lambda: nn.PiecewiseConstantDecay([3, 3], [0.1, 0.2, 0.3]), "boundaries must be increasing"),
        (lambda: nn.OneCycle(0.1, 0), "total_steps must be a finite number > 0, got 0"),
        (lambda: nn.OneCycle(0.1, 10, warmup_fraction=1.5), r"warmup_fraction must be a number in \[0, 1\), got 1.5"),
    ],
)
def test_invalid_arguments_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("steps, warm_up", [(1, 0.3), (2, 0.5), (3, 0.0), (4, 0.9)])
def test_one_cycle_with_few_steps_stays_finite(steps, warm_up):
    schedule = nn.OneCycle(0.1, steps, warm_up)
    assert all(0 < schedule(step) <= 0.1 for step in range(5))
