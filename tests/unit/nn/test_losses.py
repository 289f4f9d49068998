"""Losses, compared with their definitions and finite differences, and fused with softmax or sigmoid."""

import math

import numpy as np
import pytest
from numeric import gradient

from layerwise import nn

RNG = np.random.default_rng(0)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def one_hot(labels, classes):
    return np.eye(classes)[labels]


def targets(loss, shape):
    """Return targets for outputs of ``shape``."""
    rng = np.random.default_rng(1)
    if isinstance(loss, nn.SparseCategoricalCrossentropy):
        return rng.integers(0, shape[-1], shape[:-1])
    if isinstance(loss, nn.CategoricalCrossentropy):
        return one_hot(rng.integers(0, shape[-1], shape[:-1]), shape[-1])
    if isinstance(loss, (nn.BinaryCrossentropy, nn.Hinge)):
        return rng.integers(0, 2, shape).astype(float)
    return rng.normal(size=shape)


def outputs(loss, shape):
    z = 1.5 * np.random.default_rng(2).normal(size=shape)
    if getattr(loss, "from_logits", True):
        return z
    return 1 / (1 + np.exp(-z)) if isinstance(loss, nn.BinaryCrossentropy) else softmax(z)


def by_hand(loss, t, y):
    """Return the loss of one example by its definition."""
    if isinstance(loss, nn.MeanSquaredError):
        return sum((a - b) ** 2 for a, b in zip(t, y)) / len(y)
    if isinstance(loss, nn.MeanAbsoluteError):
        return sum(abs(a - b) for a, b in zip(t, y)) / len(y)
    if isinstance(loss, nn.Huber):
        d = loss.delta
        return sum((a - b) ** 2 / 2 if abs(a - b) <= d else d * abs(a - b) - d * d / 2 for a, b in zip(t, y)) / len(y)
    if isinstance(loss, nn.Hinge):
        return sum(max(0, 1 - (2 * a - 1) * b) for a, b in zip(t, y)) / len(y)
    if isinstance(loss, nn.BinaryCrossentropy):
        s = loss.label_smoothing
        p = [1 / (1 + math.exp(-b)) for b in y] if loss.from_logits else y
        t = [a * (1 - s) + s / 2 for a in t]
        return -sum(a * math.log(b) + (1 - a) * math.log(1 - b) for a, b in zip(t, p)) / len(y)
    p = softmax(y) if loss.from_logits else y
    if isinstance(loss, nn.SparseCategoricalCrossentropy):
        return -math.log(p[t])
    s = loss.label_smoothing
    return -sum((a * (1 - s) + s / len(y)) * math.log(b) for a, b in zip(t, p))


LOSSES = {
    "mse": nn.MeanSquaredError(),
    "mae": nn.MeanAbsoluteError(),
    "huber": nn.Huber(),
    "huber_wide": nn.Huber(delta=0.3),
    "hinge": nn.Hinge(),
    "binary": nn.BinaryCrossentropy(),
    "binary_logits": nn.BinaryCrossentropy(from_logits=True),
    "binary_smooth": nn.BinaryCrossentropy(label_smoothing=0.2),
    "binary_logits_smooth": nn.BinaryCrossentropy(from_logits=True, label_smoothing=0.2),
    "categorical": nn.CategoricalCrossentropy(),
    "categorical_logits": nn.CategoricalCrossentropy(from_logits=True),
    "categorical_smooth": nn.CategoricalCrossentropy(label_smoothing=0.1),
    "categorical_logits_smooth": nn.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    "sparse": nn.SparseCategoricalCrossentropy(),
    "sparse_logits": nn.SparseCategoricalCrossentropy(from_logits=True),
}


@pytest.mark.parametrize("shape", [(1, 2), (7, 4), (3, 5, 3)])
@pytest.mark.parametrize("name", LOSSES)
def test_values_match_the_definition(name, shape):
    loss = LOSSES[name]
    y, t = outputs(loss, shape), targets(loss, shape)
    values = [by_hand(loss, t[index], y[index]) for index in np.ndindex(shape[:-1])]
    assert loss(t, y) == pytest.approx(np.mean(values), rel=1e-10)
    summed = type(loss).from_config(loss.get_config() | {"reduction": "sum"})
    assert summed(t, y) == pytest.approx(np.sum(values), rel=1e-10)


@pytest.mark.parametrize("weighting", [None, "example", "value"])
@pytest.mark.parametrize("shape", [(1, 2), (6, 3), (2, 3, 4)])
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_match_finite_differences(name, shape, weighting):
    loss = LOSSES[name]
    y, t = outputs(loss, shape), loss.prepare(targets(loss, shape), shape, "float64")
    weight = None
    if weighting:
        weight = np.random.default_rng(3).uniform(0.2, 2, shape[:1] if weighting == "example" else shape[:-1])
    value, slope = loss.value_and_gradient(t, y, weight)
    expected = gradient(lambda: loss.value_and_gradient(t, y, weight)[0], y)
    np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=1e-8)
    assert value == pytest.approx(loss.value_and_gradient(t, y, weight)[0])


UNUSUAL = {
    # probabilities that do not sum to 1, which are divided by their sum (sparse: after clipping)
    "categorical": ([[0.2, 0.5, 0.9], [0.3, 0.1, 0.2]], [[0, 1, 0], [0, 0, 1]]),
    "sparse": ([[0.2, 0.5, 0.9], [0.3, 0.1, 0.2]], [1, 2]),
    # targets that do not sum to 1
    "categorical_logits": ([[0.2, -0.5, 0.9], [1.3, 0.1, 0.2]], [[0.3, 0.1, 0.2], [1, 0.5, 1]]),
    # beyond the clipping threshold the loss is constant
    "binary": ([[0.0, 1.0, 0.4], [1e-9, 0.7, 1 - 1e-9]], [[0, 1, 1], [1, 0, 0]]),
    "categorical at the clip": ([[1e-9, 0.6, 0.4], [0.5, 0.5, 0.0]], [[1, 0, 0], [0.5, 0.2, 0.3]]),
    "sparse at the clip": ([[1e-9, 0.6, 0.4], [0.5, 0.5, 0.0]], [0, 1]),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_gradients_match_finite_differences_for_unusual_outputs_and_targets(name):
    loss = LOSSES[name.split()[0]]
    y, t = np.array(UNUSUAL[name][0]), loss.prepare(UNUSUAL[name][1], (None, 3), "float64")
    slope = loss.value_and_gradient(t, y)[1]
    expected = gradient(lambda: loss.value_and_gradient(t, y)[0], y, step=1e-9)
    np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_weighted_loss_divides_by_the_number_of_examples(name):
    """As in Keras, the weighted sum is divided by the number of examples, not by the sum of the weights."""
    loss = LOSSES[name]
    y, t = outputs(loss, (4, 3)), targets(loss, (4, 3))
    weight = np.array([0.0, 1.0, 2.0, 0.5])
    values = [by_hand(loss, t[row], y[row]) for row in range(4)]
    assert loss(t, y, weight) == pytest.approx(np.dot(weight, values) / 4, rel=1e-10)


@pytest.mark.parametrize("name", LOSSES)
def test_float32_is_preserved_and_arguments_are_not_modified(name):
    loss = LOSSES[name]
    y = outputs(loss, (5, 3)).astype("float32")
    original_outputs = y.copy()
    t = loss.prepare(targets(loss, (5, 3)), y.shape, "float32")
    original_targets = t.copy()
    for weight in (None, np.ones(5, "float32")):
        value, slope = loss.value_and_gradient(t, y, weight)
        assert slope.dtype == "float32" and type(value) is float
    np.testing.assert_array_equal(y, original_outputs)
    np.testing.assert_array_equal(t, original_targets)


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_of_an_empty_batch_is_zero(name):
    loss = LOSSES[name]
    y = np.empty((0, 3))
    value, slope = loss.value_and_gradient(loss.prepare(targets(loss, (0, 3)), y.shape), y)
    assert value == 0 and slope.shape == (0, 3)


@pytest.mark.parametrize("name", ["binary_logits", "categorical_logits", "sparse_logits"])
def test_large_logits_are_numerically_stable(name):
    loss = LOSSES[name]
    y = np.array([[1000.0, -1000.0], [-1000.0, 1000.0]], "float32")
    t = np.array([0, 0]) if name == "sparse_logits" else np.array([[1.0, 0.0], [1.0, 0.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, slope = loss.value_and_gradient(loss.prepare(t, y.shape), y)
    assert value == pytest.approx(500.0 if name == "binary_logits" else 1000.0)
    assert np.isfinite(slope).all()


PAIRS = [
    ("softmax", nn.SparseCategoricalCrossentropy, "sparse"),
    ("softmax", nn.CategoricalCrossentropy, "one-hot"),
    ("sigmoid", nn.BinaryCrossentropy, "one-hot"),
]


@pytest.mark.parametrize("as_layer", [True, False])
@pytest.mark.parametrize("activation, loss, kind", PAIRS)
def test_a_final_softmax_or_sigmoid_is_fused_with_the_loss(activation, loss, kind, as_layer):
    """Training is bitwise the same as from logits, and the activation is applied in predictions.

    The accuracy need not be: sigmoids that round to 1 are equal where their logits are not.
    """
    rng = np.random.default_rng(0)
    x = 30 * rng.normal(size=(40, 5)).astype("float32")  # so large that probabilities round to 0 and 1 in float32
    y = rng.integers(0, 3, 40)
    y = y if kind == "sparse" else one_hot(y, 3)
    last = [nn.Dense(3), nn.Activation(activation)] if as_layer else [nn.Dense(3, activation=activation)]
    probabilities = nn.Sequential([nn.Input((5,)), *last], seed=1)
    logits = nn.Sequential([nn.Input((5,)), nn.Dense(3)], seed=1)
    probabilities.compile(nn.SGD(0.1), loss(), metrics=["accuracy"])
    logits.compile(nn.SGD(0.1), loss(from_logits=True), metrics=["accuracy"])
    histories = [model.fit(x, y, epochs=3, batch_size=16, verbose=0).history for model in (probabilities, logits)]
    assert histories[0]["loss"] == histories[1]["loss"]
    assert all(np.array_equal(a, b) for a, b in zip(probabilities.get_weights(), logits.get_weights()))
    assert probabilities.evaluate(x, y)[0] == logits.evaluate(x, y)[0]
    expected = 1 / (1 + np.exp(-logits.predict(x))) if activation == "sigmoid" else softmax(logits.predict(x))
    np.testing.assert_allclose(probabilities.predict(x), expected, rtol=1e-5, atol=1e-7)


def test_only_matching_activations_are_fused_with_the_loss():
    loss = nn.SparseCategoricalCrossentropy()
    assert loss.on_logits(nn.activations.Sigmoid()) is None
    assert loss.on_logits(nn.activations.Softmax(axis=1)) is None
    assert nn.SparseCategoricalCrossentropy(from_logits=True).on_logits(nn.activations.Softmax()) is None
    assert nn.MeanSquaredError().on_logits(nn.activations.Softmax()) is None
    fused = loss.on_logits(nn.activations.Softmax())
    assert fused.from_logits and not loss.from_logits


def test_targets_of_single_outputs_may_omit_the_last_axis():
    y = np.array([[0.5], [2.0]])
    assert nn.MeanSquaredError()([1, 1], y) == nn.MeanSquaredError()([[1], [1]], y) == pytest.approx(0.625)
    assert nn.SparseCategoricalCrossentropy()([[1], [0]], [[0.5, 0.5]] * 2) == pytest.approx(math.log(2))


def test_hinge_accepts_both_label_encodings():
    y = np.array([[0.3], [-2.0]])
    assert nn.Hinge()([1, 0], y) == nn.Hinge()([1, -1], y) == pytest.approx(0.35)


@pytest.mark.parametrize("name", LOSSES)
def test_config_round_trip(name):
    loss = LOSSES[name]
    rebuilt = nn.losses.get(loss.serialize())
    assert rebuilt.serialize() == loss.serialize()
    y, t = outputs(loss, (4, 3)), targets(loss, (4, 3))
    assert rebuilt(t, y) == loss(t, y)


INVALID = [
    (nn.SparseCategoricalCrossentropy(), [0, 3], (None, 3), "labels must be from 0 to 2 for 3 outputs, got 0 to 3"),
    (nn.SparseCategoricalCrossentropy(), [-1, 0], (None, 3), "labels must be from 0 to 2 .*got -1 to 0"),
    (nn.SparseCategoricalCrossentropy(), np.eye(3), (None, 3), "must be class indices, .* for one-hot rows use"),
    (nn.SparseCategoricalCrossentropy(), [0.5, 1], (None, 3), "must be integer class indices, got .* float64"),
    (nn.SparseCategoricalCrossentropy(), [np.nan, 1], (None, 3), "must be integer class indices, got .* float64"),
    (nn.SparseCategoricalCrossentropy(), ["a", "b"], (None, 3), "must be integer class indices, got .* <U1"),
    (nn.SparseCategoricalCrossentropy(), np.zeros((2, 4, 4)), (None, 3), "targets must have shape"),
    (nn.CategoricalCrossentropy(), [0, 1], (None, 3), "must be one-hot rows of length 3, .* for class indices use"),
    (nn.CategoricalCrossentropy(), np.eye(4), (None, 3), r"must have the shape of the outputs, .*got \(4, 4\)"),
    (nn.BinaryCrossentropy(), [0, 2], (None, 1), r"targets must be in \[0, 1\], got 0 to 2"),
    (nn.MeanSquaredError(), np.zeros((4, 2)), (None, 3), r"must have the shape of the outputs, .*got \(4, 2\)"),
    (nn.MeanSquaredError(), [[np.inf]], (None, 1), "targets must be finite, got NaN or infinity"),
    (nn.MeanSquaredError(), [["a"]], (None, 1), "targets must be numbers, got"),
]


@pytest.mark.parametrize("loss, y, shape, message", INVALID)
def test_invalid_targets_raise(loss, y, shape, message):
    with pytest.raises(ValueError, match=message) as error:
        loss.prepare(y, shape)
    assert loss.name in str(error.value)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: nn.Huber(delta=0), "delta must be a number > 0, got 0"),
        (
            lambda: nn.CategoricalCrossentropy(label_smoothing=1.5),
            r"label_smoothing must be a number in \[0, 1\], got 1.5",
        ),
        (lambda: nn.MeanSquaredError(reduction="mean"), "reduction must be 'sum_over_batch_size' or 'sum', got 'mean'"),
        (lambda: nn.losses.get("sparse_categorical_crossentrop"), "did you mean 'sparse_categorical_crossentropy'"),
    ],
)
def test_invalid_arguments_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()
