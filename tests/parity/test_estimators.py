"""The hand-written estimators equal one or two Dense layers in Keras.

Starting from the same weights, on the same batches, training must end at the same weights: up to rounding in float64,
and in single precision in float32.
"""

import keras
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.preprocessing import StandardScaler

from layerwise.estimators import LogisticRegression, TwoLayerNetwork
from layerwise.estimators.descent import minibatches
from layerwise.estimators.two_layer_network import initial_parameters

DATA = {"binary": load_breast_cancer(return_X_y=True), "three classes": load_iris(return_X_y=True)}
RATE, MOMENTUM, L2 = 1 / 8, 3 / 4, 1 / 64  # exact in single precision, to which Keras rounds its settings
TOLERANCE = {"float32": 2e-6, "float64": 1e-12}


@pytest.fixture(params=TOLERANCE)
def dtype(request):
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(request.param)
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)


@pytest.fixture(params=DATA)
def problem(request):
    x, y = DATA[request.param]
    return StandardScaler().fit_transform(x), y


def cross_entropy(outputs):
    """Return the cross-entropy from logits, binary for one output."""
    kind = keras.losses.BinaryCrossentropy if outputs == 1 else keras.losses.SparseCategoricalCrossentropy
    return kind(from_logits=True)


def train(layers, loss, start, x, y, *, batch_size, epochs, random_state, sample_weight=None):
    """Train a Keras model on the batches of ``minibatches`` and return its weights."""
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    model.compile(optimizer=keras.optimizers.SGD(RATE, momentum=MOMENTUM), loss=loss)
    model.set_weights(start)
    for _ in range(epochs):
        for rows in minibatches(len(x), batch_size, random_state):
            weight = None if sample_weight is None else sample_weight[rows]
            model.train_on_batch(x[rows], y[rows], sample_weight=weight)
    return model.get_weights()


@pytest.mark.parametrize("batch_size", [None, 64])
def test_logistic_regression_equals_one_dense_layer(problem, batch_size, dtype):
    x, y = problem
    outputs = 1 if y.max() == 1 else 3
    sample_weight = np.random.default_rng(0).uniform(0.5, 1.5, len(x))
    model = LogisticRegression(
        learning_rate=RATE, momentum=MOMENTUM, l2=2 * L2, batch_size=batch_size, max_epochs=4, tol=0, random_state=0
    ).fit(x, y, sample_weight)
    kernel, bias = train(
        [keras.layers.Dense(outputs, kernel_regularizer=keras.regularizers.L2(L2))],
        cross_entropy(outputs),
        [np.zeros((x.shape[1], outputs)), np.zeros(outputs)],
        x,
        y,
        batch_size=batch_size,
        epochs=4,
        random_state=np.random.RandomState(0),
        sample_weight=sample_weight / sample_weight.mean(),
    )
    np.testing.assert_allclose(model.coef_, kernel.T, rtol=0, atol=TOLERANCE[dtype])
    np.testing.assert_allclose(model.intercept_, bias, rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("activation, batch_size", [("tanh", None), ("relu", 64), ("sigmoid", 64)])
def test_two_layer_network_equals_two_dense_layers(problem, activation, batch_size, dtype):
    x, y = problem
    outputs = 1 if y.max() == 1 else 3
    network = TwoLayerNetwork(
        7,
        activation=activation,
        learning_rate=RATE,
        momentum=MOMENTUM,
        l2=2 * L2,
        batch_size=batch_size,
        epochs=4,
        random_state=0,
    ).fit(x, y)
    random_state = np.random.RandomState(0)
    penalty = {"kernel_regularizer": keras.regularizers.L2(L2)}
    weights = train(
        [keras.layers.Dense(7, activation, **penalty), keras.layers.Dense(outputs, **penalty)],
        cross_entropy(outputs),
        initial_parameters([x.shape[1], 7, outputs], "glorot", random_state),
        x,
        y,
        batch_size=batch_size,
        epochs=4,
        random_state=random_state,
    )
    for actual, expected in zip(network.coefs_ + network.intercepts_, weights[::2] + weights[1::2]):
        np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE[dtype])


def test_squared_error_matches_keras(problem, dtype):
    x, y = problem
    targets = np.eye(y.max() + 1)[y] if y.max() > 1 else y[:, np.newaxis].astype(float)
    outputs = targets.shape[1]
    network = TwoLayerNetwork(
        7, loss="squared_error", learning_rate=RATE, momentum=MOMENTUM, epochs=10, random_state=0
    ).fit(x, y)
    random_state = np.random.RandomState(0)
    weights = train(
        [keras.layers.Dense(7, "tanh"), keras.layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax")],
        lambda y_true, y_pred: keras.ops.sum((y_true - y_pred) ** 2, axis=-1) / 2,
        initial_parameters([x.shape[1], 7, outputs], "glorot", random_state),
        x,
        targets,
        batch_size=None,
        epochs=10,
        random_state=random_state,
    )
    for actual, expected in zip(network.coefs_ + network.intercepts_, weights[::2] + weights[1::2]):
        np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE[dtype])
