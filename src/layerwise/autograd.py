"""Reverse-mode automatic differentiation of scalars, in about 100 lines.

Every operation on a :class:`Value` records its operands and the derivative with respect to each of them. The chain rule
then needs no formula for a whole network: :meth:`Value.backward` goes through the recorded graph once, from the result
to the inputs (Griewank & Walther 2008, *Evaluating derivatives*, chapter 3; Karpathy 2020, *micrograd*).

>>> x, w = Value(3.0), Value(-0.5)
>>> loss = (w * x).tanh() ** 2
>>> loss.backward()
>>> round(w.grad, 4)
-0.9814
"""

from __future__ import annotations

import math
from collections.abc import Iterable


class Value:
    """A scalar in a computational graph.

    Parameters
    ----------
    data : float
        The value.
    parents : sequence of Value
        The operands of the operation that computed it; none for an input.
    slopes : sequence of float
        The derivative of the operation with respect to each operand.

    Attributes
    ----------
    grad : float
        After a call of ``backward`` on a result, the derivative of the result with respect to this value.
    """

    def __init__(self, data: float, parents: tuple[Value, ...] = (), slopes: tuple[float, ...] = ()) -> None:
        self.data, self.parents, self.slopes, self.grad = float(data), parents, slopes, 0.0

    def backward(self) -> None:
        """Compute ``grad`` of all values on which this one depends.

        A value that is used several times gets the sum of the gradients of all uses.
        """
        nodes = topological_order(self)
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            for parent, slope in zip(node.parents, node.slopes):
                parent.grad += slope * node.grad

    def __add__(self, other: Value | float) -> Value:
        other = _value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        other = _value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> Value:
        return Value(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1),))

    def exp(self) -> Value:
        """Return ``exp(x)``."""
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self) -> Value:
        """Return the natural logarithm."""
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def tanh(self) -> Value:
        """Return the hyperbolic tangent."""
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y * y,))

    def relu(self) -> Value:
        """Return ``max(0, x)``, with a derivative of 0 at 0."""
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    # All other operations consist of these.
    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + -_value(other)

    def __truediv__(self, other: Value | float) -> Value:
        return self * _value(other) ** -1.0

    def __rsub__(self, other: float) -> Value:
        return -self + other

    def __rtruediv__(self, other: float) -> Value:
        return self**-1.0 * other

    __radd__ = __add__
    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"Value({self.data:.4g}, grad={self.grad:.4g})"


def topological_order(result: Value) -> list[Value]:
    """Return all values on which a result depends, and the result, operands before what is computed from them."""
    order: list[Value] = []
    seen: set[Value] = set()
    stack = [(result, False)]
    while stack:
        node, operands_done = stack.pop()
        if operands_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order


def dense(x: Iterable[Value], kernel: Iterable[Iterable[Value]], bias: Iterable[Value]) -> list[Value]:
    """Return ``x @ kernel + bias`` of one example: one value per unit."""
    x = list(x)
    return [sum((xi * wi for xi, wi in zip(x, column)), b) for column, b in zip(zip(*kernel), bias)]


def cross_entropy(scores: Iterable[Value], label: int) -> Value:
    """Return the cross-entropy ``log Σ exp(z) − z_label`` of one example."""
    scores = list(scores)
    highest = max(z.data for z in scores)  # keeps exp from overflowing
    return sum(((z - highest).exp() for z in scores), Value(0.0)).log() + highest - scores[label]


def _value(x: Value | float) -> Value:
    return x if isinstance(x, Value) else Value(x)
