"""Convolutional layers for sequences ``(batch, steps, channels)`` and images ``(batch, height, width, channels)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from layerwise.nn import activations
from layerwise.nn.initializers import Initializer
from layerwise.nn.kernels.convolution import (
    convolution,
    convolution_input_gradient,
    convolution_parameter_gradients,
)
from layerwise.nn.kernels.convolution_geometry import Window, window
from layerwise.nn.layers.base import ActivatedLayer, Layer
from layerwise.nn.regularizers import Constraint, Regularizer


def sizes(layer: Layer, argument: str, value: Any, axes: int) -> tuple[int, ...]:
    """Return ``value`` as one integer ≥ 1 per axis, or raise ValueError."""
    per_axis = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    valid = all(isinstance(size, (int, np.integer)) and not isinstance(size, bool) and size >= 1 for size in per_axis)
    if len(per_axis) != axes or not valid:
        condition = "an integer ≥ 1" if axes == 1 else f"an integer ≥ 1 or a tuple of {axes} such integers"
        raise ValueError(f"{layer}: {argument} must be {condition}, got {value!r}")
    return tuple(int(size) for size in per_axis)


def choice(layer: Layer, argument: str, value: Any, choices: Sequence[str]) -> str:
    """Return ``value`` if it is one of the choices, else raise ValueError."""
    if value not in choices:
        listed = " or ".join([", ".join(map(repr, choices[:-1])), repr(choices[-1])])
        raise ValueError(f"{layer}: {argument} must be {listed}, got {value!r}")
    return value


def image(x: np.ndarray) -> np.ndarray:
    """Return a sequence as an image of width one; an image is returned as is."""
    return x[:, :, None] if x.ndim == 3 else x


def place(
    layer: Layer, shape: Sequence[int | None], size: Sequence[int], strides: Sequence[int], padding: str, dilation: Any
) -> list[Window]:
    """Return a layer's windows for inputs of ``shape``, one per spatial axis; an unknown size (None) always fits."""
    windows = []
    for length, *options in zip(shape[1:-1], size, strides, dilation):
        taps, stride, spacing = options
        reach = (taps - 1) * spacing + 1
        axis_window = window(reach if length is None else length, taps, stride, padding, spacing)
        if axis_window.count < 1:
            raise ValueError(
                f"{layer}: input must be at least as long as the window, {reach}, along each axis, "
                f"got shape {tuple(shape)}; use longer inputs or padding='same'"
            )
        windows.append(axis_window)
    return windows


def output_shape(shape: Sequence[int | None], windows: Sequence[Window], channels: int | None) -> tuple[Any, ...]:
    """Return (batch, number of window positions along each axis, channels); None where the input size is None."""
    spatial = (None if length is None else axis.count for length, axis in zip(shape[1:-1], windows))
    return (shape[0], *spatial, channels)


class _Convolution(ActivatedLayer):
    """Base of Conv1D and Conv2D. A sequence is treated as an image of width one, with a kernel ``(size, 1, c, f)``."""

    axes: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        *,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        (self.filters,) = sizes(self, "filters", filters, 1)
        self.kernel_size = sizes(self, "kernel_size", kernel_size, self.axes)
        self.strides = sizes(self, "strides", strides, self.axes)
        self.padding = choice(self, "padding", padding, self.paddings)
        self.dilation_rate = sizes(self, "dilation_rate", dilation_rate, self.axes)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{self}: strides or dilation_rate must be 1, got strides {self.strides} and dilation_rate "
                f"{self.dilation_rate}"
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = Initializer.get(kernel_initializer)
        self.bias_initializer = Initializer.get(bias_initializer)
        self.kernel_regularizer = Regularizer.get(kernel_regularizer)
        self.bias_regularizer = Regularizer.get(bias_regularizer)
        self.kernel_constraint = Constraint.get(kernel_constraint)
        self.bias_constraint = Constraint.get(bias_constraint)

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        self.compute_output_shape(input_shape)
        shape = (*self.kernel_size, input_shape[-1], self.filters)
        self.add_weight("kernel", shape, self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint)
        if self.use_bias:
            self.add_weight("bias", (self.filters,), self.bias_initializer, self.bias_regularizer, self.bias_constraint)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        return self.activate(self.pre_activation(x))

    def pre_activation(self, x):
        """See :meth:`ActivatedLayer.pre_activation`."""
        self.check_input(x)
        self.x, self.windows = image(x), self._windows(x.shape)
        z = self.empty("y", output_shape(x.shape, self.windows, self.filters))
        images = convolution(self.x, self._kernel("params"), self.params.get("bias"), *self._plane(), out=image(z))
        return images.reshape(z.shape)

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return self.pre_activation_backward(self.activation_gradient(dy))

    def pre_activation_backward(self, dz):
        """See :meth:`ActivatedLayer.pre_activation_backward`."""
        dz = image(dz)
        convolution_parameter_gradients(self.x, dz, self._kernel("grads"), self.grads.get("bias"), *self._plane())
        if not self.needs_input_gradient:
            return None
        out = self.empty("dx", self.x.shape)
        dx = convolution_input_gradient(dz, self._kernel("params"), *self._plane(), out=out)
        return dx.reshape(dx.shape[: self.axes + 1] + dx.shape[-1:])

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        return output_shape(input_shape, self._windows(input_shape), self.filters)

    def _windows(self, shape: Sequence[int | None]) -> list[Window]:
        return place(self, shape, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def _plane(self) -> list[Window]:
        """Return the windows over rows and columns; a sequence has one column."""
        return [*self.windows, window(1, 1)][:2]

    def _kernel(self, which: str) -> np.ndarray:
        """Return the kernel, or its gradient, as a view ``(kh, kw, c, f)``."""
        kernel = getattr(self, which)["kernel"]
        return kernel if self.axes == 2 else kernel[:, None]


class Conv1D(_Convolution):
    """Convolution along a sequence, ``y[n, t] = activation(Σₖ x[n, t·stride + k·dilation] · kernel[k] + bias)``.

    Parameters
    ----------
    filters : int
        Number of filters, the channels of the output.
    kernel_size, strides, dilation_rate : int
        Length of the kernel, step between its positions, distance between its taps.
    padding : {"valid", "same", "causal"}
        No padding; zeros on both sides, so that there are ``steps / strides`` outputs, rounded up; or zeros before the
        start only, so that no output depends on a later input.
    activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer
        As in :class:`Dense`.
    kernel_constraint, bias_constraint
        As in :class:`Dense`.

    Notes
    -----
    x ``(batch, steps, c)`` → y ``(batch, new_steps, filters)``, kernel ``(kernel_size, c, filters)``. The gradients are
    those of :class:`Conv2D` over an image of width one.
    """

    axes = 1
    ranks = (3,)
    paddings = ("valid", "same", "causal")


class Conv2D(_Convolution):
    """Convolution over images, ``y[n, i, j] = activation(Σ x[n, window(i, j)] · kernel + bias)``.

    Parameters
    ----------
    filters : int
        Number of filters, the channels of the output.
    kernel_size, strides, dilation_rate : int or (int, int)
        Height and width of the kernel, step between its positions, distance between its taps.
    padding : {"valid", "same"}
        No padding; or zeros on all sides, so that there are ``size / strides`` outputs, rounded up (an extra zero goes
        to the bottom and right, as in TensorFlow).
    activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer
        As in :class:`Dense`.
    kernel_constraint, bias_constraint
        As in :class:`Dense`.

    Notes
    -----
    x ``(batch, height, width, c)`` → y ``(batch, rows, columns, filters)``, kernel ``(kh, kw, c, filters)``. With
    ``dz`` the gradient with respect to the pre-activation: ``d kernel = Σᵢⱼ x[window(i, j)]ᵀ dz[i, j]``,
    ``d bias = Σ dz``, and ``dz[i, j] kernelᵀ`` is added to window (i, j) of ``dx`` (LeCun, Bottou, Bengio & Haffner
    1998). Output sizes follow Dumoulin & Visin 2016.
    """

    axes = 2
    ranks = (4,)
