"""Stateless activation functions: ``y = forward(z)``, ``dz = backward(dy, z, y)``.

Layers pass ``out`` to reuse their buffers. If the derivative is a function of ``y`` alone, the function may be applied
``in_place`` (``out`` is ``z``); ``backward`` then reads only ``y``.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np

from layerwise.nn.kernels import elementwise
from layerwise.nn.serialization import Configurable


class ActivationFunction(Configurable, kind="activation"):
    """Base of the activation functions."""

    #: Whether the derivative is a function of y alone, so that y may overwrite z.
    in_place = True
    #: Whether f is non-decreasing, so that max f(z) = f(max z) and a model may apply max pooling first.
    rises = False

    @abstractmethod
    def forward(self, z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return y = f(z)."""

    @abstractmethod
    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return dz = dy · f′(z); ``out`` may be ``dy``."""

    def __call__(self, z: Any) -> np.ndarray:
        """Return f(z) for any array-like z, which is not modified."""
        z = np.asarray(z)
        return self.forward(z if z.dtype.kind == "f" else z.astype("float32"))


class Linear(ActivationFunction):
    """``y = z``."""

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        return z

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`."""
        return dy


class Relu(ActivationFunction):
    """``y = max(z, 0)`` (Nair & Hinton 2010)."""

    rises = True

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        return elementwise.relu(z, out=out)

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`."""
        return elementwise.relu_gradient(dy, y, out=out)


class LeakyRelu(ActivationFunction):
    """``y = z`` where z > 0, else ``negative_slope · z`` (Maas, Hannun & Ng 2013)."""

    def __init__(self, negative_slope: float = 0.2) -> None:
        if not 0 <= negative_slope <= 1:
            raise ValueError(f"leaky_relu: negative_slope must be a number in [0, 1], got {negative_slope!r}")
        self.negative_slope = float(negative_slope)

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        return np.maximum(z, self.negative_slope * z, out=out)

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`."""
        slope = np.where(y > 0, dy.dtype.type(1), dy.dtype.type(self.negative_slope))
        return np.multiply(dy, slope, out=out)


class Elu(ActivationFunction):
    """``y = z`` where z > 0, else ``alpha (eᶻ − 1)`` (Clevert, Unterthiner & Hochreiter 2016)."""

    def __init__(self, alpha: float = 1.0) -> None:
        if not alpha > 0:
            raise ValueError(f"elu: alpha must be a number > 0, got {alpha!r}")
        self.alpha = float(alpha)

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        below = self.alpha * np.expm1(np.minimum(z, 0))
        return np.add(np.maximum(z, 0), below, out=out)

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`. For z < 0, f′ = α eᶻ = y + α."""
        return np.multiply(dy, np.where(y > 0, dy.dtype.type(1), y + self.alpha), out=out)


class Sigmoid(ActivationFunction):
    """``y = 1 / (1 + e⁻ᶻ)``, computed as ``(1 + tanh(z/2)) / 2``, which cannot overflow."""

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        y = np.multiply(z, 0.5, out=out)
        np.tanh(y, out=y)
        y += 1
        y *= 0.5
        return y

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`. f′ = y (1 − y)."""
        dz = np.multiply(dy, y, out=out)
        dz *= 1 - y
        return dz


class Tanh(ActivationFunction):
    """``y = tanh z``."""

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        return np.tanh(z, out=out)

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`. f′ = 1 − y²."""
        return np.multiply(dy, 1 - y * y, out=out)


class Softmax(ActivationFunction):
    """``yₖ = e^{zₖ} / Σⱼ e^{zⱼ}`` over ``axis`` (Bridle 1990); the largest z is subtracted first to avoid overflow."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        y = np.subtract(z, z.max(axis=self.axis, keepdims=True, initial=-np.inf), out=out)
        np.exp(y, out=y)
        y /= y.sum(axis=self.axis, keepdims=True)
        return y

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`. dz = y (dy − Σ dy y)."""
        along = (dy * y).sum(axis=self.axis, keepdims=True)
        dz = np.subtract(dy, along, out=out)
        dz *= y
        return dz


class Softplus(ActivationFunction):
    """``y = log(1 + eᶻ)`` (Dugas et al. 2001)."""

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        return np.logaddexp(z, z.dtype.type(0), out=out)

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`. f′ = sigmoid(z) = 1 − e⁻ʸ."""
        return np.multiply(dy, -np.expm1(-y), out=out)


class Gelu(ActivationFunction):
    """``y = z Φ(z)`` with Φ the standard normal distribution function (Hendrycks & Gimpel 2016).

    Parameters
    ----------
    approximate : bool
        Whether to approximate ``Φ(z) ≈ (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2`` instead of using the error function.
    """

    in_place = False

    def __init__(self, approximate: bool = False) -> None:
        self.approximate = approximate

    def forward(self, z, out=None):
        """See :meth:`ActivationFunction.forward`."""
        if self.approximate:
            phi = 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
        else:
            phi = 0.5 * (1 + elementwise.erf(z * math.sqrt(0.5)))
        return np.multiply(z, phi, out=out)

    def backward(self, dy, z, y, out=None):
        """See :meth:`ActivationFunction.backward`. f′ = Φ(z) + z Φ′(z)."""
        if self.approximate:
            c = math.sqrt(2 / math.pi)
            t = np.tanh(c * (z + 0.044715 * z**3))
            slope = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * c * (1 + 3 * 0.044715 * z * z)
        else:
            density = np.exp(-0.5 * z * z) * (1 / math.sqrt(2 * math.pi))
            slope = 0.5 * (1 + elementwise.erf(z * math.sqrt(0.5))) + z * density
        return np.multiply(dy, slope, out=out)


def get(identifier: Any) -> ActivationFunction:
    """Return an activation function, given its name, an instance or a serialized dict; None means linear."""
    return Linear() if identifier is None else ActivationFunction.get(identifier)
