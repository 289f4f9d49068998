"""The hand-written estimators equal one or two Dense layers of ``nn`` at every epoch, up to rounding."""

import numpy as np
import pytest

from layerwise import nn
from layerwise.estimators import LogisticRegression, TwoLayerNetwork
from layerwise.estimators.descent import minibatches
from layerwise.estimators.two_layer_network import initial_parameters

RATE, MOMENTUM, L2 = 0.1, 0.8, 0.01


@pytest.fixture(params=["breast_cancer", "iris"])
def problem(request):
    return request.getfixturevalue(request.param)


def weights_per_epoch(layers, start, x, y, *, batch_size, epochs, random_state, sample_weight=None):
    """Train a model on the batches of ``minibatches``; return its weights at the start and after each epoch."""
    outputs = layers[-1].units
    kind = nn.BinaryCrossentropy if outputs == 1 else nn.SparseCategoricalCrossentropy
    model = nn.Sequential([nn.Input(x.shape[1:]), *layers], dtype="float64")
    model.compile(optimizer=nn.SGD(RATE, momentum=MOMENTUM), loss=kind(from_logits=True))
    model.set_weights(start)
    weights = [model.get_weights()]
    for _ in range(epochs):
        for rows in minibatches(len(x), batch_size, random_state):
            weight = None if sample_weight is None else sample_weight[rows]
            model.train_on_batch(x[rows], y[rows], sample_weight=weight)
        weights.append(model.get_weights())
    return weights


@pytest.mark.parametrize("batch_size", [None, 32, 1])
def test_logistic_regression_equals_one_dense_layer(problem, batch_size):
    x, y = problem
    outputs = 1 if y.max() == 1 else 3
    sample_weight = np.random.default_rng(0).uniform(0.5, 1.5, len(x))
    expected = weights_per_epoch(
        [nn.Dense(outputs, kernel_regularizer=nn.L2(L2))],
        [np.zeros((x.shape[1], outputs)), np.zeros(outputs)],
        x,
        y,
        batch_size=batch_size,
        epochs=3,
        random_state=np.random.RandomState(0),
        sample_weight=sample_weight / sample_weight.mean(),
    )
    for epochs, (kernel, bias) in list(enumerate(expected))[1:]:
        model = LogisticRegression(
            learning_rate=RATE,
            momentum=MOMENTUM,
            l2=2 * L2,
            batch_size=batch_size,
            max_epochs=epochs,
            tol=0,
            random_state=0,
        ).fit(x, y, sample_weight)
        np.testing.assert_allclose(model.coef_, kernel.T, rtol=0, atol=1e-12)
        np.testing.assert_allclose(model.intercept_, bias, rtol=0, atol=1e-12)


@pytest.mark.parametrize("batch_size", [None, 32])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_two_layer_network_equals_two_dense_layers(problem, activation, batch_size):
    x, y = problem
    outputs = 1 if y.max() == 1 else 3
    random_state = np.random.RandomState(0)
    expected = weights_per_epoch(
        [nn.Dense(7, activation, kernel_regularizer=nn.L2(L2)), nn.Dense(outputs, kernel_regularizer=nn.L2(L2))],
        initial_parameters([x.shape[1], 7, outputs], "glorot", random_state),
        x,
        y,
        batch_size=batch_size,
        epochs=5,
        random_state=random_state,
    )
    for epochs, weights in list(enumerate(expected))[1:]:
        network = TwoLayerNetwork(
            7,
            activation=activation,
            learning_rate=RATE,
            momentum=MOMENTUM,
            l2=2 * L2,
            batch_size=batch_size,
            epochs=epochs,
            random_state=0,
        ).fit(x, y)
        for actual, reference in zip(network.coefs_ + network.intercepts_, weights[::2] + weights[1::2]):
            np.testing.assert_allclose(actual, reference, rtol=0, atol=1e-12)
