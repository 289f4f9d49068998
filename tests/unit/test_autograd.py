"""Scalar automatic differentiation agrees with numerical gradients and with the framework."""

import math

import numpy as np
import pytest

from layerwise import nn
from layerwise.autograd import Value, cross_entropy, dense, topological_order
from layerwise.reports.numerical_gradient import central_differences

OPERATIONS = {
    "sum": lambda a, b: a + b + 2,
    "sum from the right": lambda a, b: 2 + a + b,
    "product": lambda a, b: 3 * a * b,
    "difference": lambda a, b: 1 - a - b,
    "quotient": lambda a, b: a / b + 2 / a + b / 2,
    "power": lambda a, b: a**3 + b**-0.5,
    "negation": lambda a, b: -a * b,
    "exp and log": lambda a, b: (a * b).exp() + (a + b).log(),
    "tanh": lambda a, b: (a - b).tanh(),
    "active ReLU": lambda a, b: (a + b).relu() * a,
    "inactive ReLU": lambda a, b: (a - 2 * b).relu() + b,
    "used several times": lambda a, b: (a * a + b) * (a * a + b) / a,
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradients_agree_with_central_differences(name):
    function, at = OPERATIONS[name], np.array([0.7, 1.6])
    a, b = map(Value, at)
    function(a, b).backward()
    expected = central_differences(at, lambda: function(*map(Value, at)).data, 1e-5)
    np.testing.assert_allclose([a.grad, b.grad], expected, atol=1e-8)


def test_a_second_backward_pass_replaces_the_gradients():
    a = Value(3.0)
    result = a * a
    result.backward()
    result.backward()
    assert a.grad == 6


def test_operands_come_before_results_even_in_long_chains():
    result = a = Value(1.0)
    for _ in range(5000):  # deeper than Python's recursion limit
        result = result + a
    order = topological_order(result)
    position = {node: i for i, node in enumerate(order)}
    assert order[0] is a and order[-1] is result and len(order) == 5001
    assert all(position[parent] < position[node] for node in order for parent in node.parents)
    result.backward()
    assert a.grad == 5001


def test_cross_entropy_does_not_overflow():
    scores = [Value(1000.0), Value(0.0)]
    loss = cross_entropy(scores, 1)
    loss.backward()
    assert loss.data == 1000
    assert [z.grad for z in scores] == [1, -1]
    assert cross_entropy([Value(0.0)] * 3, 0).data == pytest.approx(math.log(3))


def test_dense_is_the_layer_of_the_framework():
    rng = np.random.default_rng(0)
    x, kernel, bias, dy = rng.normal(size=(1, 4)), rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(1, 3))
    layer = nn.Dense(3, dtype="float64")
    layer.build((None, 4))
    layer.set_weights([kernel, bias])
    inputs, weights = [Value(v) for v in x[0]], [[Value(w) for w in row] for row in kernel]
    outputs = dense(iter(inputs), weights, [Value(b) for b in bias])
    np.testing.assert_allclose([[y.data for y in outputs]], layer.forward(x))
    sum(y * d for y, d in zip(outputs, dy[0])).backward()
    np.testing.assert_allclose([[v.grad for v in inputs]], layer.backward(dy))
    np.testing.assert_allclose([[w.grad for w in row] for row in weights], layer.grads["kernel"])
