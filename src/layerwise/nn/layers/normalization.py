"""Batch, layer and group normalization."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from layerwise.nn.initializers import Initializer
from layerwise.nn.kernels import normalization
from layerwise.nn.kernels.products import column_sums
from layerwise.nn.layers.base import Layer
from layerwise.nn.regularizers import Regularizer


class _Normalization(Layer):
    """Base of the normalization layers, with an optional scale ``gamma`` and shift ``beta`` per channel."""

    epsilon: float
    center: bool
    scale: bool

    def __init__(
        self,
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise ValueError(f"{self}: epsilon must be a number > 0, got {epsilon!r}")
        self.epsilon, self.center, self.scale = epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = map(Initializer.get, (beta_initializer, gamma_initializer))
        self.beta_regularizer, self.gamma_regularizer = map(Regularizer.get, (beta_regularizer, gamma_regularizer))

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        shape = (input_shape[-1],)
        if self.scale:
            self.add_weight("gamma", shape, self.gamma_initializer, self.gamma_regularizer)
        if self.center:
            self.add_weight("beta", shape, self.beta_initializer, self.beta_regularizer)
        dtype = self.dtype or "float32"
        self.ones, self.zeros = np.ones(shape, dtype), np.zeros(shape, dtype)

    @property
    def gamma(self) -> np.ndarray:
        """The scale, or ones if there is none."""
        return self.params["gamma"] if self.scale else self.ones

    @property
    def beta(self) -> np.ndarray:
        """The shift, or zeros if there is none."""
        return self.params["beta"] if self.center else self.zeros

    def keep_gradients(self, d_gamma: np.ndarray, d_beta: np.ndarray) -> None:
        """Write the gradients of the weights the layer has."""
        if self.scale:
            self.grads["gamma"][...] = d_gamma
        if self.center:
            self.grads["beta"][...] = d_beta


class BatchNormalization(_Normalization):
    """Normalizes each channel over the batch and all positions (Ioffe & Szegedy 2015).

    ``y = gamma (x − mean) / √(variance + epsilon) + beta`` for each channel (last axis). In training, the mean and the
    (biased) variance are those of the batch, and the moving statistics are updated: ``moving ← momentum · moving + (1 −
    momentum) · batch``. In inference, and when the layer is frozen, the moving statistics are used.

    Parameters
    ----------
    momentum : float
        Momentum of the moving mean and variance.
    epsilon : float
        Constant added to the variance.
    center, scale : bool
        Whether to use ``beta`` and ``gamma``.
    beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer : str or Initializer
        Initializers of the weights.
    beta_regularizer, gamma_regularizer : str or Regularizer, optional
        Penalties added to the loss.

    Notes
    -----
    With x̂ the normalized input and n the number of values per channel: ``d beta = Σ dy``, ``d gamma = Σ dy x̂``,
    ``dx = gamma / √(variance + epsilon) · (dy − d beta / n − x̂ d gamma / n)``.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, **kwargs
        )
        if axis != -1:
            raise ValueError(f"{self}: axis must be -1 (channels last), got {axis!r}")
        if not 0 <= momentum <= 1:
            raise ValueError(f"{self}: momentum must be a number in [0, 1], got {momentum!r}")
        self.axis, self.momentum = axis, momentum
        self.moving_mean_initializer = Initializer.get(moving_mean_initializer)
        self.moving_variance_initializer = Initializer.get(moving_variance_initializer)

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        shape = (input_shape[-1],)
        self.add_weight("moving_mean", shape, self.moving_mean_initializer, trainable=False)
        self.add_weight("moving_variance", shape, self.moving_variance_initializer, trainable=False)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.check_input(x)
        self.moments = None
        y = self.empty("y", x.shape)
        if not (training and self.trainable) or not x.size:
            self.x = x
            mean, variance = self.state["moving_mean"], self.state["moving_variance"]
            self.inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
            factor = self.gamma * self.inverse
            return normalization.scale_and_shift(x, factor, self.beta - mean * factor, out=y)
        y, mean, variance, self.moments = normalization.batch_norm(
            x, self.gamma, self.beta, self.epsilon, out=y, centered=self.empty("d", x.shape)
        )
        for name, batch in (("moving_mean", mean), ("moving_variance", variance)):
            self.state[name] *= self.momentum
            self.state[name] += (1 - self.momentum) * batch
        return y

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        if self.moments is None:  # inference: mean and variance are constants
            d_beta = column_sums(dy)
            d_gamma = self.inverse * (column_sums(dy * self.x) - self.state["moving_mean"] * d_beta)
            self.keep_gradients(d_gamma, d_beta)
            return dy * (self.gamma * self.inverse)
        dx, d_gamma, d_beta = normalization.batch_norm_gradients(dy, self.gamma, self.moments, out=self.over(dy))
        self.keep_gradients(d_gamma, d_beta)
        return dx


def _input_gradient(g: np.ndarray, normalized: np.ndarray, inverse: np.ndarray, axes: int | tuple[int, ...]):
    """Turn the gradient ``g`` with respect to the normalized input, in place, into that with respect to the input."""
    projection = (g * normalized).mean(axis=axes, keepdims=True)
    g -= g.mean(axis=axes, keepdims=True)
    g -= normalized * projection
    g *= inverse
    return g


class LayerNormalization(_Normalization):
    """Normalizes each example over the last axis (Ba, Kiros & Hinton 2016).

    ``y = gamma (x − mean) / √(variance + epsilon) + beta``, with mean and variance over the last axis.

    Parameters
    ----------
    epsilon : float
        Constant added to the variance.
    center, scale : bool
        Whether to use ``beta`` and ``gamma``, one value per index of the last axis.
    beta_initializer, gamma_initializer : str or Initializer
        Initializers of the weights.
    beta_regularizer, gamma_regularizer : str or Regularizer, optional
        Penalties added to the loss.

    Notes
    -----
    With x̂ the normalized input and g = gamma dy: ``dx = (g − mean(g) − x̂ mean(g x̂)) / √(variance + epsilon)``.
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, **kwargs
        )
        if axis != -1:
            raise ValueError(f"{self}: axis must be -1 (the last axis), got {axis!r}")
        self.axis = axis

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.check_input(x)
        self.normalized = np.subtract(x, x.mean(axis=-1, keepdims=True), out=self.empty("normalized", x.shape))
        variance = np.mean(self.normalized * self.normalized, axis=-1, keepdims=True)
        self.inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
        self.normalized *= self.inverse
        y = np.multiply(self.normalized, self.gamma, out=self.empty("y", x.shape))
        y += self.beta
        return y

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        self.keep_gradients(column_sums(dy * self.normalized), column_sums(dy))
        g = np.multiply(dy, self.gamma, out=self.empty("dx", dy.shape))
        return _input_gradient(g, self.normalized, self.inverse, -1)


class GroupNormalization(_Normalization):
    """Normalizes each example over groups of channels and all positions (Wu & He 2018).

    ``y = gamma (x − mean) / √(variance + epsilon) + beta``, with mean and variance over all positions and over the
    channels (last axis) of a group. One group is layer normalization of the positions and channels together.

    Parameters
    ----------
    groups : int
        Number of groups, which divides the number of channels; -1 for groups of one channel (instance normalization).
    epsilon : float
        Constant added to the variance.
    center, scale : bool
        Whether to use ``beta`` and ``gamma``, one value per channel.
    beta_initializer, gamma_initializer : str or Initializer
        Initializers of the weights.
    beta_regularizer, gamma_regularizer : str or Regularizer, optional
        Penalties added to the loss.

    Notes
    -----
    With x̂ the normalized input, g = gamma dy and means over positions and channels of a group: ``dx = (g − mean(g) −
    x̂ mean(g x̂)) / √(variance + epsilon)``.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, **kwargs
        )
        if axis != -1:
            raise ValueError(f"{self}: axis must be -1 (channels last), got {axis!r}")
        if not isinstance(groups, int) or (groups < 1 and groups != -1):
            raise ValueError(f"{self}: groups must be an integer ≥ 1, or -1 for one per channel, got {groups!r}")
        self.groups, self.axis = groups, axis

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        channels = input_shape[-1]
        if channels % self.groups:
            raise ValueError(f"{self}: groups must divide the {channels} channels of the input, got {self.groups}")
        super().build(input_shape)

    def _grouped(self, x: np.ndarray) -> np.ndarray:
        """Return ``(n, positions, groups, channels of a group)``."""
        groups = x.shape[-1] if self.groups == -1 else self.groups
        return x.reshape(len(x), math.prod(x.shape[1:-1]), groups, x.shape[-1] // groups)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.check_input(x)
        z = self._grouped(x)
        z = z - z.mean(axis=(1, 3), keepdims=True)
        variance = np.square(z).mean(axis=(1, 3), keepdims=True)
        self.inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
        z *= self.inverse
        self.normalized = z.reshape(x.shape)
        return self.normalized * self.gamma + self.beta

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        self.keep_gradients(column_sums(dy * self.normalized), column_sums(dy))
        g, normalized = self._grouped(dy * self.gamma), self._grouped(self.normalized)
        return _input_gradient(g, normalized, self.inverse, (1, 3)).reshape(dy.shape)
