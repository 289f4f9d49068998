"""The basic layers, compared with their definitions and finite differences, and edge cases."""

import math

import numpy as np
import pytest
from numeric import assert_layer_gradients, built

from layerwise import nn
from layerwise.nn.kernels import normalization

SHAPES = [(1, 1), (5, 3), (2, 7), (4, 3, 2), (3, 2, 5, 3)]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def away_from_zero(*shape):
    """Return values much farther from 0 than a finite difference, so that no kink of ReLU is crossed."""
    x = normal(*shape)
    return x + 0.1 * np.sign(x)


# --- definitions, in loops -------------------------------------------------------------------------------------------


def dense_by_loops(layer, x):
    kernel, bias = layer.params["kernel"], layer.params.get("bias", np.zeros(layer.units))
    y = np.zeros((*x.shape[:-1], layer.units))
    for index in np.ndindex(y.shape):
        y[index] = sum(x[index[:-1]][i] * kernel[i, index[-1]] for i in range(x.shape[-1])) + bias[index[-1]]
    return y


@pytest.mark.parametrize("kernels", ["fast", "reference"])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_dense_matches_the_definition(shape, use_bias, kernels, monkeypatch):
    monkeypatch.setattr(nn.config, "kernels", kernels)
    layer = built(nn.Dense(4, use_bias=use_bias), shape)
    x = normal(*shape)
    np.testing.assert_allclose(layer.forward(x), dense_by_loops(layer, x), rtol=1e-12, atol=1e-12)


def batch_norm_by_loops(x, gamma, beta, epsilon):
    rows, y = x.reshape(-1, x.shape[-1]), np.empty((x.size // x.shape[-1], x.shape[-1]))
    means, variances = [], []
    for channel in range(x.shape[-1]):
        values = list(rows[:, channel])
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
        means.append(mean)
        variances.append(variance)
        for row, value in enumerate(values):
            y[row, channel] = gamma[channel] * (value - mean) / math.sqrt(variance + epsilon) + beta[channel]
    return y.reshape(x.shape), np.array(means), np.array(variances)


@pytest.mark.parametrize("kernels", ["fast", "reference"])
@pytest.mark.parametrize("shape", [*SHAPES, (3, 40, 7, 5), (300, 130)])
def test_batch_normalization_matches_the_definition(shape, kernels, monkeypatch):
    monkeypatch.setattr(nn.config, "kernels", kernels)
    layer = built(nn.BatchNormalization(momentum=0.9), shape)
    moving_mean, moving_variance = (layer.state[name].copy() for name in ("moving_mean", "moving_variance"))
    x = 3 * normal(*shape) + 5
    y, mean, variance = batch_norm_by_loops(x, layer.params["gamma"], layer.params["beta"], 1e-3)
    np.testing.assert_allclose(layer.forward(x, training=True), y, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(layer.state["moving_mean"], 0.9 * moving_mean + 0.1 * mean, rtol=1e-9)
    np.testing.assert_allclose(layer.state["moving_variance"], 0.9 * moving_variance + 0.1 * variance, rtol=1e-9)


def test_batch_normalization_uses_moving_statistics_in_inference():
    layer = built(nn.BatchNormalization(), (4, 3))
    x = normal(4, 3)
    state = {name: value.copy() for name, value in layer.state.items()}
    expected = (x - state["moving_mean"]) / np.sqrt(state["moving_variance"] + 1e-3)
    expected = expected * layer.params["gamma"] + layer.params["beta"]
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-12)
    layer.trainable = False
    np.testing.assert_allclose(layer.forward(x, training=True), expected, rtol=1e-12)
    for name, value in state.items():
        np.testing.assert_array_equal(layer.state[name], value)


def test_batch_normalization_is_accurate_far_from_zero():
    """In float32, E[x²] − E[x]² would be useless as the variance at mean 1000 and standard deviation 0.1."""
    x = (1000 + 0.1 * normal(512, 48)).astype("float32")
    y = nn.BatchNormalization(epsilon=1e-12)(x, training=True)
    exact = x.astype("float64") - x.astype("float64").mean(axis=0)
    np.testing.assert_allclose(y, exact / exact.std(axis=0), atol=5e-3)


@pytest.mark.parametrize("shape", [(50, 3), (7, 5, 4, 2), (13, 1), (4, 3)])
def test_blockwise_batch_normalization_and_its_gradients_match_the_reference(shape, monkeypatch):
    """With several blocks, the mean of the first is not the overall mean, so the remaining mean must be subtracted."""
    monkeypatch.setattr(normalization, "_BLOCK", 24)
    monkeypatch.setattr(normalization, "_ROW", 6)
    x = normal(*shape) + np.linspace(2, 5, math.prod(shape)).reshape(shape)
    gamma, beta = np.random.default_rng(1).uniform(0.5, 2, (2, shape[-1]))
    *expected, reference_moments = normalization.batch_norm.reference(x, gamma, beta, 1e-3)
    *actual, moments = normalization.batch_norm.fast(x, gamma, beta, 1e-3)
    for fast, reference in zip(actual, expected):
        np.testing.assert_allclose(fast, reference, rtol=1e-11, atol=1e-12)
    dy = np.random.default_rng(2).normal(size=shape)
    expected = normalization.batch_norm_gradients.reference(dy, gamma, reference_moments)
    for run in (normalization.batch_norm_gradients.fast, normalization.batch_norm_gradients.reference):
        for gradient, reference in zip(run(dy, gamma, moments), expected):
            np.testing.assert_allclose(gradient, reference, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("shape", SHAPES)
def test_layer_normalization_matches_the_definition(shape):
    layer = built(nn.LayerNormalization(), shape)
    x = 2 * normal(*shape) + 1
    y = layer.forward(x)
    for index in np.ndindex(shape[:-1]):
        row = x[index]
        expected = (row - row.mean()) / math.sqrt(row.var() + 1e-3) * layer.params["gamma"] + layer.params["beta"]
        np.testing.assert_allclose(y[index], expected, rtol=1e-10, atol=1e-12)


def test_group_normalization_matches_the_definition():
    layer = built(nn.GroupNormalization(2), (3, 5, 6))
    x = 2 * normal(3, 5, 6) + 1
    y = layer.forward(x)
    for example, part in np.ndindex(3, 2):
        channels = slice(3 * part, 3 * part + 3)
        group = x[example, :, channels]
        normalized = (group - group.mean()) / math.sqrt(group.var() + 1e-3)
        expected = normalized * layer.params["gamma"][channels] + layer.params["beta"][channels]
        np.testing.assert_allclose(y[example, :, channels], expected, rtol=1e-10, atol=1e-12)


def test_the_groups_must_divide_the_channels():
    with pytest.raises(ValueError, match="groups must divide the 6 channels of the input, got 4"):
        nn.GroupNormalization(4).build((None, 6))


# --- finite differences ----------------------------------------------------------------------------------------------

LAYERS = {
    "dense": lambda: nn.Dense(4),
    "dense_no_bias_relu": lambda: nn.Dense(4, activation="relu", use_bias=False),
    "dense_gelu": lambda: nn.Dense(3, activation="gelu"),
    "dense_softmax": lambda: nn.Dense(3, activation="softmax"),
    "flatten": nn.Flatten,
    "reshape": lambda: nn.Reshape((-1, 1)),
    "batch_norm": nn.BatchNormalization,
    "batch_norm_bare": lambda: nn.BatchNormalization(center=False, scale=False),
    "layer_norm": nn.LayerNormalization,
    "layer_norm_bare": lambda: nn.LayerNormalization(center=False, scale=False),
    "group_norm": lambda: nn.GroupNormalization(1),
    "group_norm_instance": lambda: nn.GroupNormalization(-1, scale=False),
    "dropout": lambda: nn.Dropout(0.4),
    "noise": lambda: nn.GaussianNoise(0.3),
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": lambda: nn.ELU(0.7),
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softmax": nn.Softmax,
    "softplus": nn.Softplus,
    "gelu": nn.GELU,
    "gelu_approximate": lambda: nn.GELU(approximate=True),
    "activation": lambda: nn.Activation("tanh"),
    "residual": lambda: nn.Residual([nn.LayerNormalization(), nn.Dense(3, activation="tanh"), nn.Dense(3)]),
    "residual_projected": lambda: nn.Residual([nn.Dense(5, activation="tanh"), nn.Dense(4)], shortcut=[nn.Dense(4)]),
    "parallel": lambda: nn.Parallel([[nn.LayerNormalization(), nn.Dense(2, activation="tanh")], [nn.Dense(4)], []]),
}


@pytest.mark.parametrize("kernels", ["fast", "reference"])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (3, 2, 3)])
def test_gradients_match_finite_differences(name, shape, training, kernels, monkeypatch):
    monkeypatch.setattr(nn.config, "kernels", kernels)
    assert_layer_gradients(built(LAYERS[name](), shape), away_from_zero(*shape), training, tolerance=2e-6)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_preserved(name, dtype):
    layer = built(LAYERS[name](), (4, 3), dtype=dtype)
    x = away_from_zero(4, 3).astype(dtype)
    for training in (True, False):
        y = layer.forward(x, training)
        dx = layer.backward(np.ones_like(y))
        assert y.dtype == dx.dtype == dtype
        assert all(array.dtype == dtype for inner in layer.walk() for array in (*inner.grads.values(), *inner.weights))


@pytest.mark.parametrize("name", LAYERS)
def test_a_standalone_layer_returns_new_arrays_and_does_not_modify_arguments(name):
    layer = built(LAYERS[name](), (4, 3))
    x = away_from_zero(4, 3)
    original_x = x.copy()
    y = layer.forward(x, training=True)
    dy = normal(*y.shape, seed=1)
    original_dy, original_y = dy.copy(), y.copy()
    dx = layer.backward(dy)
    original_dx = dx.copy()
    layer.backward(layer.forward(x + 1, training=True))
    np.testing.assert_array_equal(x, original_x)
    np.testing.assert_array_equal(dy, original_dy)
    np.testing.assert_array_equal(y, original_y)
    np.testing.assert_array_equal(dx, original_dx)


@pytest.mark.parametrize("name", LAYERS)
def test_buffers_do_not_affect_results(name):
    """Detects buffers that two steps of a layer share by mistake."""
    unbuffered, buffered = built(LAYERS[name](), (4, 3)), built(LAYERS[name](), (4, 3))
    for inner in buffered.walk():
        inner.buffers = {}
    for rows in (4, 2, 3):
        x = away_from_zero(rows, 3)
        expected, y = unbuffered.forward(x, training=True), buffered.forward(x, training=True)
        np.testing.assert_array_equal(y, expected)
        dy = normal(*y.shape, seed=1)
        np.testing.assert_array_equal(buffered.backward(dy.copy()), unbuffered.backward(dy))
        np.testing.assert_array_equal(y, expected)
        for layer, other in zip(unbuffered.walk(), buffered.walk(), strict=True):
            for weight, grad in layer.grads.items():
                np.testing.assert_array_equal(other.grads[weight], grad)


@pytest.mark.parametrize("name", LAYERS)
def test_empty_batches_are_supported(name):
    layer = built(LAYERS[name](), (4, 3))
    y = layer.forward(np.empty((0, 3)), training=True)
    dx = layer.backward(np.empty(y.shape))
    assert y.shape == (0, *layer.compute_output_shape((None, 3))[1:])
    assert dx.shape == (0, 3)
    assert all(not grad.any() for inner in layer.walk() for grad in inner.grads.values())


@pytest.mark.parametrize("name", LAYERS)
def test_compute_output_shape_matches_the_output(name):
    layer = built(LAYERS[name](), (4, 3))
    assert layer.compute_output_shape((None, 3))[1:] == layer.forward(normal(4, 3)).shape[1:]


@pytest.mark.parametrize("name", LAYERS)
def test_config_round_trip(name):
    layer = LAYERS[name]()
    rebuilt = nn.Layer.get(layer.serialize())
    assert rebuilt.serialize() == layer.serialize()
    built(layer, (4, 3))
    built(rebuilt, (4, 3))
    for expected, weight in zip(layer.get_weights(), rebuilt.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, weight)


# --- individual layers -----------------------------------------------------------------------------------------------


def test_input_gradient_is_skipped_if_not_needed():
    layer = built(nn.Dense(2), (4, 3))
    layer.needs_input_gradient = False
    y = layer.forward(normal(4, 3))
    assert layer.backward(y) is None
    assert layer.grads["kernel"].any()


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 0.9])
def test_dropout_has_the_given_rate_and_preserves_the_mean(rate):
    layer = nn.Dropout(rate)
    layer.rng = np.random.default_rng(3)
    x = np.ones((400, 501), "float32")
    y = layer(x, training=True)
    dropped = np.mean(y == 0)
    assert abs(dropped - rate) < 5 * math.sqrt(0.25 / x.size)
    assert abs(y.mean() - 1) < 0.02
    np.testing.assert_array_equal(layer.backward(x), y)
    np.testing.assert_array_equal(layer(x), x)


def test_dropout_masks_are_independent():
    layer = nn.Dropout(0.5)
    layer.rng = np.random.default_rng(0)
    x = np.ones((2, 4096))
    first, second = layer(x, training=True), layer(x, training=True)
    for one, other in ((first[0], first[1]), (first, second)):
        assert 0.45 < np.mean(one == other) < 0.55


def test_noise_has_the_given_deviation_in_training_only():
    layer = nn.GaussianNoise(0.3)
    layer.rng = np.random.default_rng(0)
    x = np.zeros((1000, 100), "float32")
    y = layer(x, training=True)
    assert abs(y.std() - 0.3) < 0.003
    assert abs(y.mean()) < 0.003
    np.testing.assert_array_equal(layer(x), x)


def test_reshape_infers_the_free_size():
    layer = nn.Reshape((2, -1))
    assert layer.compute_output_shape((None, 3, 4)) == (None, 2, 6)
    assert layer.compute_output_shape((None, None, 4)) == (None, 2, None)
    assert layer(np.zeros((5, 3, 4))).shape == (5, 2, 6)


def test_permute_reorders_axes_and_restores_gradients():
    layer, x = nn.Permute((3, 1, 2)), normal(2, 3, 4, 5).astype(np.float32)
    assert layer.compute_output_shape((None, 3, None, 5)) == (None, 5, 3, None)
    y = layer(x)
    np.testing.assert_array_equal(y, np.moveaxis(x, 3, 1))
    np.testing.assert_array_equal(layer.backward(y), x)


def test_weights_are_copied_in_the_order_of_keras():
    layer = built(nn.BatchNormalization(), (4, 3))
    gamma, beta, mean, variance = layer.get_weights()
    np.testing.assert_array_equal(gamma, layer.params["gamma"])
    np.testing.assert_array_equal(variance, layer.state["moving_variance"])
    gamma += 1
    assert not np.array_equal(gamma, layer.params["gamma"])
    array = layer.params["gamma"]
    layer.set_weights([gamma, beta, mean, variance])
    assert layer.params["gamma"] is array
    np.testing.assert_array_equal(array, gamma)


def test_residual_adds_both_paths_and_collects_nested_weights():
    layer = built(nn.Residual([nn.Dense(3)], shortcut=[nn.Dense(3, use_bias=False)]), (4, 3))
    x = normal(4, 3)
    branch, shortcut = layer.branch[0], layer.shortcut[0]
    np.testing.assert_allclose(layer.forward(x), branch.forward(x) + shortcut.forward(x))
    assert [weight.shape for weight in layer.get_weights()] == [(3, 3), (3,), (3, 3)]
    assert layer.count_params() == 21


def test_parallel_concatenates_its_branches():
    layer = built(nn.Parallel([[nn.Dense(2), nn.Dense(1)], [], [nn.Dense(3, use_bias=False)]]), (4, 3))
    x = normal(4, 3)
    (first, second), _, (third,) = layer.branches
    np.testing.assert_allclose(
        layer.forward(x), np.column_stack([second.forward(first.forward(x)), x, third.forward(x)])
    )
    assert [weight.shape for weight in layer.get_weights()] == [(3, 2), (2,), (2, 1), (1,), (3, 3)]
    assert layer.compute_output_shape((None, 3)) == (None, 7)


def test_buffers_are_reused_only_inside_a_model():
    layer = nn.Dense(2)
    assert layer.empty("y", (3, 2)) is not layer.empty("y", (3, 2))
    layer.buffers = {}
    buffer = layer.empty("y", (3, 2))
    assert layer.empty("y", (3, 2)) is buffer
    assert layer.empty("y", (2, 2)).base is buffer
    assert layer.empty("y", (4, 2)).shape == (4, 2)
    assert layer.empty("y", (4, 5)).shape == (4, 5)
    assert layer.empty("y", (4, 5), "bool").dtype == bool
