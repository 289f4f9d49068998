"""Pooling of sequences ``(batch, steps, channels)`` and images ``(batch, height, width, channels)``; zero padding."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from layerwise.nn.kernels import pooling
from layerwise.nn.kernels.convolution_geometry import Window, window
from layerwise.nn.layers.base import Layer
from layerwise.nn.layers.convolution import choice, image, output_shape, place, sizes


class _Pooling(Layer):
    """Base of the pooling layers with windows. A sequence is treated as an image of width one."""

    axes: ClassVar[int]

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = sizes(self, "pool_size", pool_size, self.axes)
        self.strides = sizes(self, "strides", self.pool_size if strides is None else strides, self.axes)
        self.padding = choice(self, "padding", padding, ("valid", "same"))

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        self.compute_output_shape(input_shape)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        windows = self._windows(x.shape)
        shape = output_shape(x.shape, windows, x.shape[-1])
        self.x_shape, self.plane = x.shape, [*windows, window(1, 1)][:2]
        self.training = training
        return self.pool(image(x), image(self.empty("y", shape))).reshape(shape)

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return self.unpool(image(dy), image(self.empty("dx", self.x_shape))).reshape(self.x_shape)

    @abstractmethod
    def pool(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Return the pooled images."""

    @abstractmethod
    def unpool(self, dy: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Return the gradient with respect to the images."""

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        return output_shape(input_shape, self._windows(input_shape), input_shape[-1])

    def _windows(self, shape: Sequence[int | None]) -> list[Window]:
        return place(self, shape, self.pool_size, self.strides, self.padding, (1,) * self.axes)


class _MaxPooling(_Pooling):
    takes_maxima = True

    def pool(self, x, out):
        self.x = x
        y, self.winner = pooling.max_pooling(x, *self.plane, out=out, find_winner=self.training)
        return y

    def unpool(self, dy, out):
        if self.winner is None:  # after a forward pass in inference mode
            self.winner = pooling.max_pooling(self.x, *self.plane)[1]
        return pooling.max_pooling_gradient(dy, self.winner, *self.plane, out=out)


class _AveragePooling(_Pooling):
    def pool(self, x, out):
        return pooling.average_pooling(x, *self.plane, out=out)

    def unpool(self, dy, out):
        return pooling.average_pooling_gradient(dy, *self.plane, out=out)


class MaxPooling1D(_MaxPooling):
    """Largest value of every window along a sequence, ``y[n, t, c] = maxₖ x[n, t·strides + k, c]``.

    Parameters
    ----------
    pool_size : int
        Length of the window.
    strides : int, optional
        Step between windows, by default ``pool_size``.
    padding : {"valid", "same"}
        Complete windows only, or ``steps / strides`` windows, rounded up; padding is never the maximum.

    Notes
    -----
    x ``(batch, steps, c)`` → y ``(batch, new_steps, c)``. ``dy`` goes to the largest value, the first in case of ties.
    """

    axes = 1
    ranks = (3,)


class MaxPooling2D(_MaxPooling):
    """Largest value of every window, ``y[n, i, j, c] = max x[n, window(i, j), c]``.

    Parameters
    ----------
    pool_size : int or (int, int)
        Height and width of the window.
    strides : int or (int, int), optional
        Step between windows, by default ``pool_size``.
    padding : {"valid", "same"}
        Complete windows only, or ``size / strides`` windows, rounded up; padding is never the maximum.

    Notes
    -----
    x ``(batch, height, width, c)`` → y ``(batch, rows, columns, c)``. ``dy`` goes to the largest value, in case of ties
    the first in row-major order, as in TensorFlow.
    """

    axes = 2
    ranks = (4,)


class AveragePooling1D(_AveragePooling):
    """Mean of every window along a sequence, ``y[n, t, c] = meanₖ x[n, t·strides + k, c]``.

    Parameters
    ----------
    pool_size, strides, padding
        As in :class:`MaxPooling1D`; padding is excluded from the mean.

    Notes
    -----
    x ``(batch, steps, c)`` → y ``(batch, new_steps, c)``. Every value of a window gets an equal share of its ``dy``.
    """

    axes = 1
    ranks = (3,)


class AveragePooling2D(_AveragePooling):
    """Mean of every window, ``y[n, i, j, c] = mean x[n, window(i, j), c]``.

    Parameters
    ----------
    pool_size, strides, padding
        As in :class:`MaxPooling2D`; padding is excluded from the mean.

    Notes
    -----
    x ``(batch, height, width, c)`` → y ``(batch, rows, columns, c)``. Every value of a window gets an equal share of
    its ``dy``.
    """

    axes = 2
    ranks = (4,)


class _GlobalPooling(Layer):
    """Base of the pooling layers over whole sequences and images."""

    def __init__(self, *, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keepdims = keepdims

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        axes = tuple(range(1, x.ndim - 1))
        if 0 in x.shape[1:]:
            raise ValueError(f"{self}: input must not be empty, got shape {x.shape}")
        self.x, self.y = x, self.pool(x, axes)
        return self.y if self.keepdims else self.y.reshape(len(x), x.shape[-1])

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return self.unpool(dy.reshape(self.y.shape), out=self.empty("dx", self.x.shape))

    @abstractmethod
    def pool(self, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """Return x pooled over the given axes, which are kept with length one."""

    @abstractmethod
    def unpool(self, dy: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Return the gradient with respect to x."""

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        ones = (1,) * (len(input_shape) - 2) if self.keepdims else ()
        return (input_shape[0], *ones, input_shape[-1])


class _GlobalAveragePooling(_GlobalPooling):
    def pool(self, x, axes):
        return x.mean(axes, keepdims=True)

    def unpool(self, dy, out):
        out[...] = dy / math.prod(self.x.shape[1:-1])
        return out


class _GlobalMaxPooling(_GlobalPooling):
    def pool(self, x, axes):
        return x.max(axes, keepdims=True)

    def unpool(self, dy, out):
        largest = self.x == self.y
        share = dy / largest.sum(tuple(range(1, self.x.ndim - 1)), keepdims=True, dtype=dy.dtype)
        return np.multiply(largest, share, out=out)


class GlobalAveragePooling1D(_GlobalAveragePooling):
    """Mean over the steps (Lin, Chen & Yan 2014): x ``(batch, steps, c)`` → y ``(batch, c)``, ``dx = dy / steps``.

    Parameters
    ----------
    keepdims : bool
        Whether to keep the steps as an axis of length one.
    """

    ranks = (3,)


class GlobalAveragePooling2D(_GlobalAveragePooling):
    """Mean over the image (Lin, Chen & Yan 2014): x ``(batch, h, w, c)`` → y ``(batch, c)``, ``dx = dy / (h w)``.

    Parameters
    ----------
    keepdims : bool
        Whether to keep height and width as axes of length one.
    """

    ranks = (4,)


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """Maximum over the steps: x ``(batch, steps, c)`` → y ``(batch, c)``; ties share ``dy``, as in TensorFlow.

    Parameters
    ----------
    keepdims : bool
        Whether to keep the steps as an axis of length one.
    """

    ranks = (3,)


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """Maximum over the image: x ``(batch, h, w, c)`` → y ``(batch, c)``; ties share ``dy``, as in TensorFlow.

    Parameters
    ----------
    keepdims : bool
        Whether to keep height and width as axes of length one.
    """

    ranks = (4,)


class ZeroPadding2D(Layer):
    """Pads images with zeros: x ``(batch, h, w, c)`` → y ``(batch, top + h + bottom, left + w + right, c)``.

    Parameters
    ----------
    padding : int or (int, int) or ((int, int), (int, int))
        The same number on all sides, (rows, columns), or ((top, bottom), (left, right)).
    """

    ranks = (4,)

    def __init__(self, padding: int | Sequence[Any] = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pair = tuple(padding) if isinstance(padding, (tuple, list)) else (padding, padding)
        sides = tuple(tuple(side) if isinstance(side, (tuple, list)) else (side, side) for side in pair)
        numbers = [number for side in sides for number in side]
        if list(map(len, sides)) != [2, 2] or not all(isinstance(n, int) and n >= 0 for n in numbers):
            raise ValueError(
                f"{self}: padding must be an integer ≥ 0, (rows, columns) or ((top, bottom), (left, right)), "
                f"got {padding!r}"
            )
        self.padding = sides

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        y = self.empty("y", self.compute_output_shape(x.shape))
        y[...] = 0
        self._inside(y)[...] = x
        return y

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return self._inside(dy)

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        spatial = (None if n is None else n + sum(side) for n, side in zip(input_shape[1:3], self.padding))
        return (input_shape[0], *spatial, input_shape[3])

    def _inside(self, y: np.ndarray) -> np.ndarray:
        (top, bottom), (left, right) = self.padding
        return y[:, top : y.shape[1] - bottom, left : y.shape[2] - right]
