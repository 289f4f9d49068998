"""Optimizers: updates compared with the formulas in scalar Python, clipping, weight decay, frozen parts."""

import math

import numpy as np
import pytest

from layerwise import nn
from layerwise.nn import optimizers


def sgd(w, grads, lr=0.1):
    for g in grads:
        w -= lr * g
    return w


def momentum(w, grads, lr=0.1, mu=0.9):
    m = 0.0
    for g in grads:
        m = mu * m - lr * g
        w += m
    return w


def nesterov(w, grads, lr=0.1, mu=0.9):
    m = 0.0
    for g in grads:
        m = mu * m - lr * g
        w += mu * m - lr * g
    return w


def rmsprop(w, grads, lr=0.1, rho=0.9, eps=1e-7, mu=0.0):
    v = m = 0.0
    for g in grads:
        v = rho * v + (1 - rho) * g * g
        step = lr * g / math.sqrt(v + eps)
        m = mu * m + step
        w -= m
    return w


def adagrad(w, grads, lr=0.1, a=0.1, eps=1e-7):
    for g in grads:
        a += g * g
        w -= lr * g / math.sqrt(a + eps)
    return w


def adam(w, grads, lr=0.1, b1=0.9, b2=0.999, eps=1e-7, decay=0.0):
    m = v = 0.0
    for t, g in enumerate(grads, start=1):
        w -= w * decay * lr
        m += (g - m) * (1 - b1)
        v += (g * g - v) * (1 - b2)
        w -= lr * math.sqrt(1 - b2**t) / (1 - b1**t) * m / (math.sqrt(v) + eps)
    return w


CASES = {
    "sgd": (lambda: nn.SGD(0.1), sgd),
    "momentum": (lambda: nn.SGD(0.1, momentum=0.9), momentum),
    "nesterov": (lambda: nn.SGD(0.1, momentum=0.9, nesterov=True), nesterov),
    "rmsprop": (lambda: nn.RMSprop(0.1), rmsprop),
    "rmsprop_momentum": (lambda: nn.RMSprop(0.1, momentum=0.5), lambda w, g: rmsprop(w, g, mu=0.5)),
    "adagrad": (lambda: nn.Adagrad(0.1), adagrad),
    "adam": (lambda: nn.Adam(0.1), adam),
    "adam_betas": (lambda: nn.Adam(0.1, 0.5, 0.8, 1e-3), lambda w, g: adam(w, g, b1=0.5, b2=0.8, eps=1e-3)),
    "adamw": (lambda: nn.AdamW(0.1), lambda w, g: adam(w, g, decay=0.004)),
    "sgd_decay": (
        lambda: nn.SGD(0.1, weight_decay=0.01),
        lambda w, g: [w := (w - w * 0.01 * 0.1) - 0.1 * s for s in g][-1],
    ),
}


def steps(optimizer, start, grads, dtype="float64"):
    w, g = np.array(start, dtype), np.empty(len(start), dtype)
    optimizer.bind(w, g)
    for gradient in grads:
        g[...] = gradient
        optimizer.step()
    return w


@pytest.mark.parametrize("name", CASES)
def test_five_steps_match_the_formula(name):
    make, formula = CASES[name]
    start = [1.0, -2.0, 0.5]
    grads = np.random.default_rng(0).normal(size=(5, 3))
    expected = [formula(w, [float(g) for g in grads[:, i]]) for i, w in enumerate(start)]
    np.testing.assert_allclose(steps(make(), start, grads), expected, rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_chunk_size_does_not_affect_results(name, monkeypatch):
    make, _ = CASES[name]
    rng = np.random.default_rng(1)
    start, grads = rng.normal(size=1000), rng.normal(size=(4, 1000))
    whole = steps(make(), start, grads)
    monkeypatch.setattr(optimizers, "_CHUNK", 37)
    np.testing.assert_array_equal(steps(make(), start, grads), whole)


@pytest.mark.parametrize("name", CASES)
def test_float32_is_preserved(name):
    make, _ = CASES[name]
    optimizer = make()
    grads = np.random.default_rng(0).normal(size=(3, 2))
    w = steps(optimizer, [1.0, 2.0], grads, "float32")
    assert w.dtype == "float32" and all(moment.dtype == "float32" for moment in optimizer.state.values())
    np.testing.assert_allclose(w, steps(make(), [1.0, 2.0], grads), rtol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_weights_outside_the_trained_parts_do_not_change(name):
    make, _ = CASES[name]
    optimizer, w, g = make(), np.ones(10), np.ones(10)
    optimizer.bind(w, g, trained=[slice(0, 3), slice(7, 10)])
    for _ in range(3):
        optimizer.step()
    np.testing.assert_array_equal(w[3:7], 1)
    assert (w[:3] != 1).all() and (w[7:] != 1).all()


@pytest.mark.parametrize("name", CASES)
def test_config_round_trip(name):
    make, _ = CASES[name]
    rebuilt = optimizers.get(make().serialize())
    assert rebuilt.serialize() == make().serialize()
    grads = np.random.default_rng(0).normal(size=(3, 2))
    np.testing.assert_array_equal(steps(rebuilt, [1.0, 2.0], grads), steps(make(), [1.0, 2.0], grads))


def clipped(grads, **kwargs):
    """Return the gradients after clipping: SGD with rate 1 subtracts them from zero."""
    w, g = np.zeros(4), np.array(grads, float)
    optimizer = nn.SGD(1.0, **kwargs)
    optimizer.bind(w, g, pieces=[slice(0, 2), slice(2, 4)])
    optimizer.step()
    return -w


def test_clipping_by_value_norm_and_global_norm():
    grads = [3.0, -4.0, 0.6, 0.8]
    np.testing.assert_allclose(clipped(grads, clipvalue=0.7), [0.7, -0.7, 0.6, 0.7])
    np.testing.assert_allclose(clipped(grads, clipnorm=2.0), [1.2, -1.6, 0.6, 0.8])
    norm = math.sqrt(26)
    np.testing.assert_allclose(clipped(grads, global_clipnorm=2.0), np.array(grads) * 2 / norm)
    for kind in ("clipvalue", "clipnorm", "global_clipnorm"):
        np.testing.assert_array_equal(clipped(grads, **{kind: 100.0}), grads)


def test_clipnorm_applies_per_weight_array_in_a_model():
    x, y = np.ones((4, 3), "float32"), 100 * np.ones((4, 2), "float32")
    model = nn.Sequential([nn.Input((3,)), nn.Dense(2)], seed=0)
    model.compile(nn.SGD(1.0, clipnorm=0.5), "mse")
    before = model.get_weights()
    model.train_on_batch(x, y)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.linalg.norm(new - old) == pytest.approx(0.5, rel=1e-5)


def test_the_rate_follows_a_schedule_from_step_zero():
    optimizer = nn.SGD(nn.PiecewiseConstantDecay([1], [1.0, 0.1]))
    w = steps(optimizer, [0.0], [[1.0]] * 3)
    assert w[0] == pytest.approx(-2.1)
    assert optimizer.iterations == 3 and optimizer.current_learning_rate == 0.1


def test_rebinding_keeps_the_moments():
    grads = np.random.default_rng(0).normal(size=(6, 3))
    once = steps(nn.Adam(0.1), [1.0, 2.0, 3.0], grads)
    optimizer = nn.Adam(0.1)
    half = steps(optimizer, [1.0, 2.0, 3.0], grads[:3])
    np.testing.assert_array_equal(steps(optimizer, half, grads[3:]), once)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.Adam(0), "Adam: learning_rate must be a finite number > 0.*got 0"),
        (lambda: nn.SGD(-0.1), "SGD: learning_rate must be a finite number > 0, got -0.1"),
        (lambda: nn.SGD(math.nan), "learning_rate must be a finite number > 0, got nan"),
        (lambda: nn.SGD("fast"), "learning_rate must be a finite number > 0, got 'fast'"),
        (lambda: nn.SGD(0.1, momentum=1.5), r"momentum must be a number in \[0, 1\], got 1.5"),
        (lambda: nn.Adam(beta_1=1.0), r"beta_1 must be a number in \[0, 1\), got 1.0"),
        (lambda: nn.Adam(epsilon=0), r"epsilon must be a finite number > 0, got 0"),
        (lambda: nn.RMSprop(rho=-0.1), r"rho must be a number in \[0, 1\), got -0.1"),
        (lambda: nn.RMSprop(momentum="high"), r"momentum must be a number in \[0, 1\), got 'high'"),
        (lambda: nn.Adagrad(epsilon=-1.0), r"epsilon must be a finite number > 0, got -1.0"),
        (lambda: nn.AdamW(weight_decay=-0.01), r"weight_decay must be a finite number > 0, got -0.01"),
        (lambda: nn.Adam(clipnorm=0), "clipnorm must be a finite number > 0, got 0"),
        (lambda: nn.Adam(clipnorm=1.0, clipvalue=1.0), "at most one of"),
        (lambda: optimizers.get("adm"), "unknown optimizer 'adm'; did you mean 'adam'"),
        (lambda: optimizers.get(3), "optimizer must be a name, an instance or a serialized dict, got 3"),
    ],
)
def test_invalid_arguments_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()


REFERENCES = {
    "sgd": lambda: nn.SGD(0.1),
    "momentum": lambda: nn.SGD(0.1, momentum=0.9),
    "nesterov": lambda: nn.SGD(0.1, momentum=0.8, nesterov=True),
    "rmsprop": lambda: nn.RMSprop(0.01, rho=0.7),
    "rmsprop_momentum": lambda: nn.RMSprop(0.01, momentum=0.5),
    "adagrad": lambda: nn.Adagrad(0.1, initial_accumulator_value=0.2),
    "adam": lambda: nn.Adam(0.01),
    "adam_large_epsilon": lambda: nn.Adam(0.1, 0.5, 0.8, 1e-2),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_in_place_update_steps_match_the_reference(name):
    optimizer, rng = REFERENCES[name](), np.random.default_rng(1)
    w, g = rng.normal(size=50), np.empty(50)
    expected = w.copy()
    moments = [np.full(50, optimizer.initial(slot)) for slot in optimizer.slots]
    optimizer.bind(w, g)
    for step in range(1, 21):
        g[...] = rng.normal(size=50)
        optimizer.step()
        expected, *moments = optimizer.reference(optimizer.learning_rate, step, expected, g, *moments)
        np.testing.assert_allclose(w, expected, rtol=1e-12, atol=1e-14)
    assert len(moments) == len(optimizer.slots)


def test_every_optimizer_has_a_reference():
    classes = [kind for kind in nn.Optimizer.registry.values() if kind.__module__ == "layerwise.nn.optimizers"]
    assert classes and all(hasattr(kind, "reference") for kind in classes)
