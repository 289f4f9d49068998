"""Convolutions, pooling and zero padding compared with Keras: single layers, then training runs."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from layerwise import nn  # noqa: E402

# (layer, arguments, input shape)
CONVOLUTIONS = [
    ("Conv2D", {"filters": 4, "kernel_size": 3}, (2, 7, 5, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}, (2, 7, 5, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same", "use_bias": False}, (2, 8, 9, 1)),
    ("Conv2D", {"filters": 5, "kernel_size": 3, "padding": "same", "activation": "relu"}, (20, 14, 14, 8)),
    ("Conv2D", {"filters": 2, "kernel_size": (3, 5), "padding": "same"}, (2, 6, 8, 3)),
    ("Conv2D", {"filters": 2, "kernel_size": (3, 2), "padding": "same"}, (2, 6, 8, 3)),
    ("Conv2D", {"filters": 2, "kernel_size": (2, 4), "padding": "same"}, (2, 6, 8, 3)),
    ("Conv2D", {"filters": 3, "kernel_size": 1}, (2, 4, 5, 3)),
    ("Conv2D", {"filters": 3, "kernel_size": 1, "strides": 2, "padding": "same"}, (2, 4, 5, 3)),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, (2, 8, 7, 2)),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, (2, 7, 8, 7)),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": (2, 1)}, (2, 8, 7, 2)),
    ("Conv2D", {"filters": 3, "kernel_size": (4, 2), "strides": (3, 2), "padding": "same"}, (2, 9, 8, 2)),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "dilation_rate": 2}, (2, 9, 8, 2)),
    ("Conv2D", {"filters": 3, "kernel_size": (3, 2), "dilation_rate": (2, 3), "padding": "same"}, (2, 9, 8, 2)),
    ("Conv2D", {"filters": 1, "kernel_size": (4, 5)}, (1, 4, 5, 1)),
    ("Conv2D", {"filters": 1, "kernel_size": 3, "padding": "same"}, (1, 1, 1, 1)),
    ("Conv1D", {"filters": 4, "kernel_size": 3}, (2, 9, 3)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "tanh"}, (2, 9, 3)),
    ("Conv1D", {"filters": 4, "kernel_size": 4, "padding": "same"}, (2, 9, 1)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal"}, (2, 9, 3)),
    ("Conv1D", {"filters": 4, "kernel_size": 2, "padding": "causal", "dilation_rate": 3}, (2, 9, 3)),
    ("Conv1D", {"filters": 4, "kernel_size": 5, "strides": 2, "padding": "same"}, (2, 10, 3)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "dilation_rate": 3}, (2, 10, 3)),
    ("Conv1D", {"filters": 2, "kernel_size": 6}, (1, 6, 1)),
]
POOLINGS = [
    ("MaxPooling2D", {}, (2, 6, 8, 3)),
    ("MaxPooling2D", {"pool_size": 2}, (2, 7, 5, 3)),
    ("MaxPooling2D", {"pool_size": 2, "padding": "same"}, (2, 7, 5, 3)),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 7, 8, 2)),
    ("MaxPooling2D", {"pool_size": (3, 2), "strides": 1}, (2, 7, 8, 2)),
    ("MaxPooling2D", {"pool_size": (4, 5)}, (1, 4, 5, 1)),
    ("AveragePooling2D", {"pool_size": 2}, (2, 6, 8, 3)),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 7, 8, 2)),
    ("AveragePooling2D", {"pool_size": (2, 3), "strides": 1, "padding": "same"}, (2, 7, 8, 2)),
    ("MaxPooling1D", {}, (2, 7, 3)),
    ("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 8, 3)),
    ("AveragePooling1D", {"pool_size": 3, "strides": 1, "padding": "same"}, (2, 7, 3)),
    ("AveragePooling1D", {"pool_size": 2}, (2, 7, 3)),
    ("GlobalAveragePooling1D", {}, (2, 7, 3)),
    ("GlobalAveragePooling2D", {"keepdims": True}, (2, 7, 5, 3)),
    ("GlobalMaxPooling1D", {"keepdims": True}, (2, 7, 3)),
    ("GlobalMaxPooling2D", {}, (2, 7, 5, 3)),
    ("ZeroPadding2D", {}, (2, 3, 4, 2)),
    ("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}, (2, 3, 4, 2)),
]
TOLERANCE = {"float32": 3e-5, "float64": 1e-12}


def assert_close(actual, expected, dtype):
    """Compare with a tolerance relative to the largest expected value, since sums of many products cancel."""
    expected = np.asarray(expected)
    assert actual.dtype == expected.dtype == dtype and actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE[dtype] * (1 + abs(expected).max(initial=0)))


def compare(kind, arguments, x):
    """Compare outputs and all gradients of one layer for inputs ``x``."""
    dtype = str(x.dtype)
    keras_layer, layer = (getattr(module, kind)(dtype=dtype, **arguments) for module in (keras.layers, nn))
    keras_layer.build(x.shape)
    layer.build(x.shape)
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal(weight.shape).astype(dtype) for weight in keras_layer.get_weights()]
    keras_layer.set_weights(weights)
    layer.set_weights(weights)
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        expected = keras_layer(tensor)
        dy = rng.standard_normal(expected.shape).astype(dtype)
        total = tf.reduce_sum(expected * dy)
    dx, *gradients = tape.gradient(total, [tensor, *(variable.value for variable in keras_layer.trainable_variables)])
    assert_close(layer.forward(x, training=True), expected, dtype)
    assert_close(layer.backward(dy), dx, dtype)
    for actual_gradient, expected_gradient in zip(layer.grads.values(), gradients, strict=True):
        assert_close(actual_gradient, expected_gradient, dtype)
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *expected.shape[1:])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kind, arguments, shape", [*CONVOLUTIONS, *POOLINGS], ids=str)
def test_layers_match_keras_forward_and_backward(kind, arguments, shape, dtype):
    compare(kind, arguments, np.random.default_rng(0).standard_normal(shape).astype(dtype))


@pytest.mark.parametrize("mode", ["winograd", "direct"])
def test_a_convolution_of_typical_size_matches_keras_in_both_modes(mode):
    x = np.random.default_rng(0).standard_normal((24, 28, 28, 16)).astype("float32")
    nn.config.convolution = mode
    try:
        compare("Conv2D", {"filters": 32, "kernel_size": 3, "padding": "same"}, x)
    finally:
        nn.config.convolution = "winograd"


@pytest.mark.parametrize("kind, arguments, shape", POOLINGS, ids=str)
def test_ties_in_pooling_match_keras(kind, arguments, shape):
    compare(kind, arguments, np.random.default_rng(0).integers(-1, 2, shape).astype("float64"))


# --- training runs ---------------------------------------------------------------------------------------------------


# Keras rounds these to single precision, in which powers of two are exact.
OPTIMIZERS = {
    "SGD": {"learning_rate": 2**-7},
    "Adam": {"learning_rate": 2**-7, "beta_1": 1 - 2**-3, "beta_2": 1 - 2**-10, "epsilon": 2**-20},
}


def plain(of, regularizers):
    return [
        of.Conv2D(8, 3, activation="relu", kernel_regularizer=regularizers.L2(1e-2)),
        of.MaxPooling2D(2),
        of.Conv2D(8, 3, padding="same", activation="relu"),
        of.MaxPooling2D(2, padding="same"),
        of.Flatten(),
        of.Dense(4),
    ]


def normalized(of, regularizers):
    return [
        of.Conv2D(8, 3, padding="same", use_bias=False),
        of.BatchNormalization(),
        of.ReLU(),
        of.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
        of.BatchNormalization(),
        of.ReLU(),
        of.AveragePooling2D(2),
        of.GlobalAveragePooling2D(),
        of.Dense(4),
    ]


def sequence(of, regularizers):
    return [
        of.Conv1D(8, 5, padding="causal", activation="tanh"),
        of.AveragePooling1D(2),
        of.Conv1D(8, 3, padding="same", dilation_rate=2, activation="relu"),
        of.GlobalMaxPooling1D(),
        of.Dense(4),
    ]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("layers, shape", [(plain, (11, 10, 2)), (normalized, (11, 10, 2)), (sequence, (24, 3))])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-3), ("float64", 1e-9)])
def test_training_follows_the_keras_loss_trajectory(layers, shape, optimizer, dtype, tolerance):
    """Train for two epochs of five batches; rounding errors grow to about 1e-3 in float32 and 1e-9 in float64."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 40).astype("int32")
    x = (rng.standard_normal((40, *shape)) + y.reshape(-1, *[1] * len(shape)) / 2).astype(dtype)
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        keras.utils.set_random_seed(0)
        keras_model = keras.Sequential([keras.Input(shape), *layers(keras.layers, keras.regularizers)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        keras_model.compile(getattr(keras.optimizers, optimizer)(**OPTIMIZERS[optimizer]), loss)
        model = nn.Sequential([nn.Input(shape), *layers(nn, nn)], seed=0, dtype=dtype)
        model.compile(
            getattr(nn, optimizer)(**OPTIMIZERS[optimizer]), nn.SparseCategoricalCrossentropy(from_logits=True)
        )
        model.set_weights(keras_model.get_weights())
        for _ in range(2):
            for start in range(0, 40, 8):
                batch = slice(start, start + 8)
                expected = float(keras_model.train_on_batch(x[batch], y[batch]))
                keras_model.reset_metrics()
                assert model.train_on_batch(x[batch], y[batch]) == pytest.approx(expected, rel=tolerance)
        np.testing.assert_allclose(model.predict(x), keras_model.predict(x, verbose=0), atol=20 * tolerance)
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
