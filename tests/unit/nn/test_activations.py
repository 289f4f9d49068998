"""Activation functions: values, derivatives and behavior for large arguments."""

import math

import numpy as np
import pytest
from numeric import gradient

from layerwise import nn
from layerwise.nn import activations
from layerwise.nn.kernels import elementwise

DEFINITIONS = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.2 * z,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "softplus": lambda z: math.log1p(math.exp(z)),
    "gelu": lambda z: z * 0.5 * (1 + math.erf(z / math.sqrt(2))),
}
Z = np.array([-6.0, -1.5, -0.4, -1e-3, 1e-3, 0.3, 2.0, 5.5])


@pytest.mark.parametrize("name", DEFINITIONS)
def test_values_match_the_definition(name):
    expected = [DEFINITIONS[name](z) for z in Z]
    np.testing.assert_allclose(activations.get(name).forward(Z.copy()), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_derivatives_match_finite_differences(name):
    function = activations.get(name)
    step = 1e-5
    slopes = [(DEFINITIONS[name](z + step) - DEFINITIONS[name](z - step)) / (2 * step) for z in Z]
    y = function.forward(Z.copy())
    np.testing.assert_allclose(function.backward(np.ones_like(Z), Z, y), slopes, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    "function",
    [
        *[activations.get(name) for name in (*DEFINITIONS, "softmax")],
        activations.LeakyRelu(0.6),
        activations.Elu(0.7),
        activations.Gelu(approximate=True),
        activations.Softmax(axis=1),
    ],
    ids=lambda function: f"{type(function).__name__}{list(function.get_config().values())}",
)
def test_gradients_of_weighted_sums_match_finite_differences(function):
    rng = np.random.default_rng(0)
    z, dy = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    expected = gradient(lambda: float((dy * function.forward(z.copy())).sum()), z)
    y = function.forward(z.copy())
    np.testing.assert_allclose(function.backward(dy.copy(), z, y), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", [*DEFINITIONS, "softmax"])
def test_in_place_gives_the_same_and_needs_only_the_output(name):
    function = activations.get(name)
    z = Z[np.newaxis].copy()
    dy = np.linspace(-1, 1, Z.size)[np.newaxis]
    y = function.forward(z.copy())
    if function.in_place:
        buffer = z.copy()
        output = function.forward(buffer, out=buffer)
        np.testing.assert_array_equal(output, y)
        np.testing.assert_array_equal(function.backward(dy, buffer, output), function.backward(dy, z, y))
    expected, gradient_buffer = function.backward(dy, z, y), dy.copy()
    np.testing.assert_array_equal(function.backward(dy, z, y, out=np.empty_like(z)), expected)
    np.testing.assert_array_equal(function.backward(gradient_buffer, z, y, out=gradient_buffer), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*DEFINITIONS, "softmax"])
def test_large_arguments_do_not_overflow(name, dtype):
    z = np.array([[-1e4, -100, 0, 100, 1e4]], dtype)
    function = activations.get(name)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = function.forward(z.copy())
        dz = function.backward(np.ones_like(z), z, y)
    assert np.isfinite(y).all() and np.isfinite(dz).all()
    assert y.dtype == dz.dtype == dtype


def test_softmax_sums_to_one_along_its_axis():
    z = np.random.default_rng(0).normal(size=(3, 4, 5))
    for axis in (-1, 1):
        y = nn.Softmax(axis=axis)(z)
        np.testing.assert_allclose(y.sum(axis=axis), 1, rtol=1e-6)
    np.testing.assert_allclose(nn.activations.Softmax()(z[0]), np.exp(z[0]) / np.exp(z[0]).sum(-1, keepdims=True))


def test_erf_matches_the_c_library():
    x = np.concatenate([np.linspace(-7, 7, 20001), [0.46875, -0.46875, 1e-300, 0.0, 30.0, -np.inf, np.inf]])
    exact = np.array([math.erf(value) for value in x])
    np.testing.assert_allclose(elementwise.erf(x), exact, rtol=4e-16, atol=3e-16)


@pytest.mark.parametrize("size", [0, 1, 7, 1 << 16, (1 << 16) + 3, 3 << 16])
def test_blockwise_relu_matches_the_reference(size):
    rng = np.random.default_rng(size)
    z, dy = rng.normal(size=(2, size)).astype("float32")
    y = elementwise.relu.fast(z)
    np.testing.assert_array_equal(y, elementwise.relu.reference(z))
    np.testing.assert_array_equal(elementwise.relu_gradient.fast(dy, y), elementwise.relu_gradient.reference(dy, y))


def test_relu_of_strided_arrays_matches_the_reference():
    z = np.random.default_rng(0).normal(size=(6, 8))[:, ::2]
    np.testing.assert_array_equal(elementwise.relu.fast(z), np.maximum(z, 0))
    np.testing.assert_array_equal(elementwise.relu_gradient.fast(z, z), np.where(z > 0, z, 0))


def test_relu_propagates_nan():
    assert np.isnan(nn.ReLU()(np.array([[np.nan, 1.0]]))[0, 0])


def test_functions_accept_array_likes():
    np.testing.assert_array_equal(activations.get("relu")([-1, 2]), np.array([0, 2], "float32"))
    assert isinstance(activations.get(None), activations.Linear)
