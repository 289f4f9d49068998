"""Numerical derivatives for the tests of layers, activations and losses."""

import copy

import numpy as np

from layerwise.nn.layers.base import Layer


def gradient(f, array, step=1e-6):
    """Return d f() / d array by central differences; the array is changed in place and restored."""
    slopes = np.empty_like(array)
    for index in np.ndindex(array.shape):
        original = array[index]
        array[index] = original + step
        above = f()
        array[index] = original - step
        slopes[index] = (above - f()) / (2 * step)
        array[index] = original
    return slopes


def assert_layer_gradients(layer, x, training=True, tolerance=1e-7):
    """Compare ``backward`` with finite differences of ``sum(weights · forward(x))`` by the input and all weights.

    Random generators and moving statistics are reset to the same state before each evaluation.
    """
    assert x.dtype == np.float64
    layer.dtype = "float64"
    for inner in layer.walk():
        inner.dtype = "float64"
    if not layer.built:
        layer.build((None, *x.shape[1:]))
    weights = np.random.default_rng(5).normal(size=layer.forward(x, training).shape)
    states = {id(inner): copy.deepcopy((inner.rng.bit_generator.state, inner.state)) for inner in layer.walk()}

    def forward():
        for inner in layer.walk():
            rng_state, state = states[id(inner)]
            inner.rng.bit_generator.state = rng_state
            for name, value in state.items():
                inner.state[name][...] = value
        return layer.forward(x, training)

    def loss():
        return float((weights * forward()).sum())

    forward()
    dx = layer.backward(weights.copy())
    grads = {(id(inner), name): grad.copy() for inner in layer.walk() for name, grad in inner.grads.items()}
    np.testing.assert_allclose(dx, gradient(loss, x), rtol=tolerance, atol=tolerance)
    for inner in layer.walk():
        for name, weight in inner.params.items():
            message = f"{inner}: {name}"
            np.testing.assert_allclose(
                grads[id(inner), name], gradient(loss, weight), rtol=tolerance, atol=tolerance, err_msg=message
            )


def built(layer: Layer, shape, seed=0, dtype="float64") -> Layer:
    """Build the layer for inputs of ``shape`` (batch first) and perturb its initial weights."""
    rng = np.random.default_rng(seed)
    for inner in layer.walk():
        inner.dtype = dtype
        inner.rng = np.random.default_rng(seed + 1)
    layer.build((None, *shape[1:]))
    for weight in layer.weights:
        weight[...] = weight + rng.uniform(0.1, 0.5, weight.shape)
    return layer
