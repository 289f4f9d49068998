from itertools import islice

import numpy as np
import pytest

from layerwise.estimators.descent import (
    gradient_descent,
    largest_slope,
    learning_rates,
    minibatches,
    soft_threshold,
)


def quadratic(parameters, rows):
    """Return ½ (a² + 4 b²) and its gradient (a, 4 b)."""
    (theta,) = parameters
    scales = np.array([1.0, 4.0])
    return float(0.5 * scales @ theta**2), [scales * theta]


def test_two_steps_match_hand_computation():
    start, first, second = islice(
        gradient_descent(quadratic, [np.array([1.0, 1.0])], 1, learning_rate=0.1, momentum=0.5), 3
    )
    assert (start.epoch, start.loss, start.gradient_norm) == (0, 2.5, 4.0)
    np.testing.assert_allclose(first.parameters[0], [0.9, 0.6], rtol=1e-15)
    # v = 0.5 · (−0.1, −0.4) − 0.1 · (0.9, 2.4)
    np.testing.assert_allclose(second.parameters[0], [0.9 - 0.14, 0.6 - 0.44], rtol=1e-14)
    assert second.loss == pytest.approx(0.5 * (0.76**2 + 4 * 0.16**2))


def test_yielded_parameters_are_not_modified_later():
    theta = np.array([1.0, 1.0])
    start, *_, last = islice(gradient_descent(quadratic, [theta], 1, learning_rate=0.1), 4)
    np.testing.assert_array_equal(theta, [1, 1])
    np.testing.assert_array_equal(start.parameters[0], [1, 1])
    assert last.epoch == 3


@pytest.mark.parametrize("rate, outcome", [(0.49, "converges"), (0.5, "oscillates"), (0.51, "diverges")])
def test_a_step_above_two_over_the_curvature_diverges(rate, outcome):
    *_, last = islice(gradient_descent(quadratic, [np.array([0.0, 1.0])], 1, learning_rate=rate), 301)
    distance = abs(last.parameters[0][1])
    assert {"converges": distance < 1e-2, "oscillates": distance == 1, "diverges": distance > 100}[outcome]


@pytest.mark.parametrize("l1", [0.5, 3.0])
def test_l1_converges_to_the_soft_thresholded_minimum(l1):
    def shifted(parameters, rows):
        (theta,) = parameters
        return float(0.5 * np.sum((theta - [2.0, -1.0]) ** 2)), [theta - [2.0, -1.0]]

    *_, last = islice(gradient_descent(shifted, [np.zeros(2)], 1, learning_rate=0.5, momentum=0.3, l1=[l1]), 200)
    expected = np.sign([2, -1]) * np.maximum([2 - l1, 1 - l1], 0)
    np.testing.assert_allclose(last.parameters[0], expected, atol=1e-12)
    assert last.gradient_norm < 1e-12
    assert last.loss == pytest.approx(0.5 * np.sum((expected - [2, -1]) ** 2) + l1 * np.abs(expected).sum())


@pytest.mark.parametrize("n, size", [(10, 3), (10, 5), (10, 1), (1, 1)])
def test_minibatches_contain_every_row_once(n, size):
    batches = list(minibatches(n, size, np.random.RandomState(0)))
    assert all(isinstance(rows, slice) or len(rows) <= size for rows in batches)
    all_rows = np.concatenate([np.arange(n)[rows] for rows in batches])
    np.testing.assert_array_equal(np.sort(all_rows), np.arange(n))


def test_minibatches_are_reshuffled_each_time():
    random_state = np.random.RandomState(0)
    first, second = (np.concatenate(list(minibatches(20, 4, random_state))) for _ in range(2))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.arange(20))
    np.testing.assert_array_equal(np.concatenate(list(minibatches(20, 4, None))), np.arange(20))


@pytest.mark.parametrize("size", [None, 10, 11])
def test_a_full_batch_is_a_slice(size):
    assert list(minibatches(10, size, np.random.RandomState(0))) == [slice(None)]


@pytest.mark.parametrize(
    "theta, threshold, expected", [(3.0, 1.0, 2.0), (-3.0, 1.0, -2.0), (0.5, 1.0, 0.0), (-2.0, 0.0, -2.0)]
)
def test_soft_threshold(theta, threshold, expected):
    assert soft_threshold(np.array([theta]), threshold) == [expected]


@pytest.mark.parametrize(
    "theta, gradient, slope",
    [(1.0, 0.3, 0.8), (-1.0, 0.3, 0.2), (0.0, 0.3, 0.0), (0.0, 0.7, 0.2), (0.0, -0.7, 0.2)],
)
def test_slope_of_a_penalized_parameter(theta, gradient, slope):
    assert largest_slope(np.array([theta]), np.array([gradient]), 0.5) == pytest.approx(slope)


@pytest.mark.parametrize(
    "schedule, expected",
    [
        ("constant", [2, 2, 2]),
        ("inverse", [2, 2 / 1.5, 1]),
        ("exponential", [2, 2 * np.exp(-0.5), 2 * np.exp(-1)]),
        ("cosine", [2, 1, 0]),
        (lambda epoch: 1 / (1 + epoch), [2, 1, 2 / 3]),
    ],
)
def test_learning_rates(schedule, expected):
    rate = learning_rates(2.0, schedule, decay=0.5, epochs=2)
    np.testing.assert_allclose([rate(epoch) for epoch in range(3)], expected, atol=1e-15)


def test_the_learning_rate_of_each_epoch_is_used():
    rates = [0.1, 0.2]
    *_, last = islice(
        gradient_descent(quadratic, [np.array([1.0, 0.0])], 1, learning_rate=lambda epoch: rates[epoch]), 3
    )
    assert last.parameters[0][0] == pytest.approx(0.9 * 0.8)
