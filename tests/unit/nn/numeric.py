"""Derivatives by finite differences, for the tests of layers, activations and losses."""

import copy

import numpy as np

from layerwise.nn.layers.base import Layer


def gradient(f, array, step=1e-6):
    """Return d f() / d array by central differences, changing the array in place and back."""
    slopes = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + step
        above = f()
        array[place] = kept - step
        slopes[place] = (above - f()) / (2 * step)
        array[place] = kept
    return slopes


def assert_layer_gradients(layer, x, training=True, tolerance=1e-7):
    """Compare ``backward`` with finite differences of ``sum(weights · forward(x))``, at the input and all weights.

    Layers that draw or keep something (masks, running statistics) are run from the same state each time.
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
    """Return the layer built for inputs of ``shape`` (batch first), its weights moved away from their start."""
    rng = np.random.default_rng(seed)
    for inner in layer.walk():
        inner.dtype = dtype
        inner.rng = np.random.default_rng(seed + 1)
    layer.build((None, *shape[1:]))
    for weight in layer.weights:
        weight[...] = weight + rng.uniform(0.1, 0.5, weight.shape)
    return layer
