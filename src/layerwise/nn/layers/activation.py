"""The activation functions of :mod:`layerwise.nn.activations` as layers."""

from __future__ import annotations

from typing import Any

from layerwise.nn import activations
from layerwise.nn.layers.base import ActivatedLayer


class _ActivationLayer(ActivatedLayer):
    """``y = activation(x)``, ``dx = dy · activation′(x)``."""

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.z = x
        self.y = self.activation.forward(x, out=self.empty("y", x.shape))
        return self.y

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return self.activation_gradient(dy)

    def pre_activation(self, x):
        """Return x."""
        return x

    def pre_activation_backward(self, dz):
        """Return dz."""
        return dz


class Activation(_ActivationLayer):
    """An activation function as a layer, ``y = activation(x)``.

    Parameters
    ----------
    activation : str or ActivationFunction
        The activation function.
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)


class ReLU(_ActivationLayer):
    """``y = max(x, 0)`` (Nair & Hinton 2010)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.Relu()


class LeakyReLU(_ActivationLayer):
    """``y = x`` where x > 0, else ``negative_slope · x`` (Maas, Hannun & Ng 2013).

    Parameters
    ----------
    negative_slope : float
        Slope for x < 0, in [0, 1].
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.negative_slope = negative_slope
        self.activation = activations.LeakyRelu(negative_slope)


class ELU(_ActivationLayer):
    """``y = x`` where x > 0, else ``alpha (eˣ − 1)`` (Clevert, Unterthiner & Hochreiter 2016).

    Parameters
    ----------
    alpha : float
        Scale for x < 0; the output tends to ``−alpha`` as x → −∞.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha
        self.activation = activations.Elu(alpha)


class Softmax(_ActivationLayer):
    """``yₖ = e^{xₖ} / Σⱼ e^{xⱼ}`` over ``axis`` (Bridle 1990).

    Parameters
    ----------
    axis : int
        Axis along which the outputs sum to 1.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.activation = activations.Softmax(axis)


class Sigmoid(_ActivationLayer):
    """``y = 1 / (1 + e⁻ˣ)``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.Sigmoid()


class Tanh(_ActivationLayer):
    """``y = tanh x``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.Tanh()


class Softplus(_ActivationLayer):
    """``y = log(1 + eˣ)`` (Dugas et al. 2001)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.Softplus()


class GELU(_ActivationLayer):
    """``y = x Φ(x)``, with Φ the standard normal distribution function (Hendrycks & Gimpel 2016).

    Parameters
    ----------
    approximate : bool
        Whether to use the tanh approximation of Φ instead of the error function.
    """

    def __init__(self, approximate: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.approximate = approximate
        self.activation = activations.Gelu(approximate)
