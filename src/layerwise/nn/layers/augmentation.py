"""Data augmentation: layers that transform images randomly in training and pass them through in inference."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise.nn.layers.base import Layer

Factor = float | Sequence[float]
Taps = list[tuple[np.ndarray, np.ndarray]]


class _Warp(Layer):
    """Base of the geometric transformations: each output pixel samples the input at its own position.

    Subclasses compute the positions (:meth:`positions`). Between pixels the input is interpolated; beyond its edges it
    is filled as in Keras. The output is linear in the input, so ``backward`` adds each gradient to the pixels sampled.
    """

    ranks = (4,)

    fill_mode = "constant"
    interpolation = "bilinear"
    fill_value = 0.0

    @abstractmethod
    def positions(self, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Return the row and column that each pixel samples, as arrays that broadcast to ``(batch, height, width)``."""

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.taps = None
        if not training:
            return x
        rows, columns = (
            neighbors(inside(position.astype(x.dtype), size, self.fill_mode), size, self.interpolation)
            for position, size in zip(self.positions(x.shape), x.shape[1:3])
        )
        y, self.taps = read(x, rows, columns, self.fill_value)
        return y

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        if self.taps is None:
            return dy
        batch, height, width, channels = dy.shape
        dx = np.empty((channels, batch, height, width), dy.dtype)
        for channel in range(channels):
            padded = np.zeros(batch * (height + 2) * (width + 2))
            for index, weight in self.taps:
                part = dy[..., channel] * weight
                padded += np.bincount(index.ravel(), part.ravel(), minlength=padded.size)
            dx[channel] = padded.reshape(batch, height + 2, width + 2)[:, 1:-1, 1:-1]
        return np.ascontiguousarray(np.moveaxis(dx, 0, -1))

    def draw(self, limits: tuple[float, float], count: int) -> np.ndarray:
        """Draw one number per image, uniformly between the limits, as an array ``(count, 1, 1)``."""
        return self.rng.uniform(*limits, size=(count, 1, 1))


class _Fill(_Warp):
    """Base of translation, rotation and zoom, which have a choice of fill mode and interpolation."""

    def __init__(self, fill_mode: str, interpolation: str, fill_value: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, value, choices in (
            ("fill_mode", fill_mode, ("reflect", "wrap", "constant", "nearest")),
            ("interpolation", interpolation, ("bilinear", "nearest")),
        ):
            if value not in choices:
                raise ValueError(f"{self}: {name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value


class RandomTranslation(_Fill):
    """Shifts each image by a random fraction of its height and width in training.

    Parameters
    ----------
    height_factor, width_factor : float or pair of float
        Range of the shift as a fraction of the size: ``0.1`` is −10% to 10%, ``(0.1, 0.2)`` is 10% to 20% down (right).
    fill_mode : {"reflect", "wrap", "constant", "nearest"}
        Values beyond the edge: the mirrored image, the image repeated, ``fill_value``, or the nearest pixel.
    interpolation : {"bilinear", "nearest"}
        Interpolation between pixels.
    fill_value : float
        Value of pixels beyond the edge for ``fill_mode="constant"``.
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        *,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.limits = [limits(self, name, getattr(self, name)) for name in ("height_factor", "width_factor")]

    def positions(self, shape):
        """See :meth:`_Warp.positions`."""
        rows, columns = grid(shape)
        down, right = (self.draw(range_, shape[0]) for range_ in self.limits)
        return rows - down * shape[1], columns - right * shape[2]


class RandomRotation(_Fill):
    """Rotates each image about its center by a random angle in training.

    Parameters
    ----------
    factor : float or pair of float
        Range of the angle as a fraction of a full turn, counterclockwise: ``0.1`` is −36° to 36°.
    fill_mode, interpolation, fill_value
        As in :class:`RandomTranslation`.
    """

    def __init__(
        self,
        factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        *,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, **kwargs)
        self.factor = factor
        self.limits = limits(self, "factor", factor)

    def positions(self, shape):
        """See :meth:`_Warp.positions`."""
        rows, columns = grid(shape)
        y, x = rows - (shape[1] - 1) / 2, columns - (shape[2] - 1) / 2
        angle = 2 * np.pi * self.draw(self.limits, shape[0])
        cos, sin = np.cos(angle), np.sin(angle)
        return sin * x + cos * y + (shape[1] - 1) / 2, cos * x - sin * y + (shape[2] - 1) / 2


class RandomZoom(_Fill):
    """Zooms into or out of the center of each image at random in training.

    Parameters
    ----------
    height_factor : float or pair of float
        Range of the zoom: ``0.1`` is from 10% in to 10% out, ``(-0.2, 0)`` is up to 20% in.
    width_factor : float or pair of float, optional
        Range of the horizontal zoom; by default the aspect ratio is preserved.
    fill_mode, interpolation, fill_value
        As in :class:`RandomTranslation`.
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        *,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.height_limits = limits(self, "height_factor", height_factor)
        self.width_limits = None if width_factor is None else limits(self, "width_factor", width_factor)

    def positions(self, shape):
        """See :meth:`_Warp.positions`."""
        rows, columns = grid(shape)
        row_scale = 1 + self.draw(self.height_limits, shape[0])
        column_scale = row_scale if self.width_limits is None else 1 + self.draw(self.width_limits, shape[0])
        row_center, column_center = (shape[1] - 1) / 2, (shape[2] - 1) / 2
        return (
            row_scale * (rows - row_center) + row_center,
            column_scale * (columns - column_center) + column_center,
        )


class RandomElasticTransform(_Warp):
    """Random elastic distortion of each image in training (Simard, Steinkraus & Platt 2003, section 2).

    Rows and columns have their own displacement field: ``alpha`` times uniform random numbers in [−1, 1], smoothed by a
    Gaussian of ``sigma`` pixels so that neighboring pixels move together.

    Parameters
    ----------
    alpha : float
        Amplitude of the displacement field, in pixels.
    sigma : float
        Standard deviation of the Gaussian, in pixels, > 0.
    fill_value : float
        Value of pixels beyond the edge.

    Notes
    -----
    Keras 3.15 has a layer of this name with other arguments. It is unsuitable for training: it displaces rows and
    columns by the same field, and if the batch size is not known in advance, as in ``fit``, it computes all images of a
    batch from the first. :mod:`layerwise.nn.keras_layers` has the Keras counterpart of this layer.
    """

    def __init__(self, alpha: float = 34.0, sigma: float = 4.0, fill_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not sigma > 0:
            raise ValueError(f"{self}: sigma must be a number > 0, got {sigma!r}")
        self.alpha, self.sigma, self.fill_value = alpha, sigma, fill_value

    def positions(self, shape):
        """See :meth:`_Warp.positions`."""
        batch, height, width, _ = shape
        field = self.rng.uniform(-self.alpha, self.alpha, size=(2, batch, height, width))
        field = gaussian(height, self.sigma) @ field @ gaussian(width, self.sigma)
        rows, columns = grid(shape)
        return rows + field[0], columns + field[1]


class RandomFlip(Layer):
    """Flips each image with probability 1/2 in training.

    Parameters
    ----------
    mode : {"horizontal", "vertical", "horizontal_and_vertical"}
        Direction of the flip; with "horizontal_and_vertical", an image is flipped in both directions or not at all.
    """

    ranks = (4,)
    modes = ("horizontal", "vertical", "horizontal_and_vertical")

    def __init__(self, mode: str = "horizontal_and_vertical", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode not in self.modes:
            raise ValueError(f"{self}: mode must be one of {', '.join(map(repr, self.modes))}, got {mode!r}")
        self.mode = mode

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.flipped = self.rng.random(len(x)) < 0.5 if training else np.zeros(len(x), bool)
        return self._flip(x)

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return self._flip(dy)

    def _flip(self, x: np.ndarray) -> np.ndarray:
        if not self.flipped.any():
            return x
        axes = tuple(axis for axis, name in ((1, "vertical"), (2, "horizontal")) if name in self.mode)
        return np.where(self.flipped[:, None, None, None], np.flip(x, axes), x)


class RandomApply(Layer):
    """Applies layers to a random subset of the examples in training, and to none in inference.

    A network trained only on distorted images, which interpolation blurs, would be less accurate on sharp ones.

    Parameters
    ----------
    layers : sequence of Layer
        Layers to apply, in order; each must keep the shape of its input.
    rate : float
        Probability of applying the layers to an example, in [0, 1].

    Notes
    -----
    Like the layers of this name in KerasCV and torchvision (where ``rate`` is called ``p``).
    """

    def __init__(self, layers: Sequence[Layer], rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers = [Layer.get(layer) for layer in layers]
        if not self.layers:
            raise ValueError(f"{self}: there must be at least one layer, got none")
        if not (_is_fraction(rate) and rate >= 0):
            raise ValueError(f"{self}: rate must be a number in [0, 1], got {rate!r}")
        self.rate = rate

    @property
    def sublayers(self):
        """See :meth:`Layer.sublayers`."""
        return self.layers

    def build(self, input_shape):
        """See :meth:`Layer.build`."""
        super().build(input_shape)
        for layer in self.layers:
            layer.dtype = layer.dtype or self.dtype
            layer.build(self.input_shape)
        self.compute_output_shape(input_shape)

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.selected = self.rng.random(len(x)) < self.rate if training else np.zeros(len(x), bool)
        if not self.selected.any():
            return x
        transformed = x[self.selected]
        for layer in self.layers:
            transformed = layer.forward(transformed, training)
        y = x.copy()
        y[self.selected] = transformed
        return y

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        if not self.selected.any():
            return dy
        gradient = dy[self.selected]
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        dx = dy.copy()
        dx[self.selected] = gradient
        return dx

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        for layer in self.layers:
            shape = layer.compute_output_shape(tuple(input_shape))
            if shape != tuple(input_shape):
                raise ValueError(
                    f"{self}: {layer} must keep the shape {tuple(input_shape)} of its input, got output shape {shape}"
                )
        return tuple(input_shape)


def limits(layer: Layer, name: str, factor: Any) -> tuple[float, float]:
    """Return the range (low, high) of a factor: ±f for a number f, or the sorted pair."""
    pair = factor if isinstance(factor, (tuple, list)) else (-factor, factor) if _is_fraction(factor) else ()
    if len(pair) != 2 or not all(map(_is_fraction, pair)):
        raise ValueError(f"{layer}: {name} must be a number in [-1, 1] or a pair of them, got {factor!r}")
    return min(pair), max(pair)


def _is_fraction(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1 <= value <= 1


def grid(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the row indices ``(1, height, 1)`` and the column indices ``(1, 1, width)`` of images."""
    return np.arange(shape[1], dtype=float)[None, :, None], np.arange(shape[2], dtype=float)[None, None, :]


def gaussian(size: int, sigma: float) -> np.ndarray:
    """Return the symmetric matrix ``(size, size)`` that smooths a line of pixels, with zeros beyond its ends."""
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    far = np.arange(-4 * size, 4 * size + 1)
    return np.exp(-0.5 * (distance / sigma) ** 2) / np.exp(-0.5 * (far / sigma) ** 2).sum()


def inside(position: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Map positions beyond an axis of ``size`` pixels to positions to sample, as the fill modes of TensorFlow do.

    With ``"constant"`` they are clipped to one pixel beyond the edge, where the padding of :func:`read` is.
    """
    if fill_mode == "constant":
        return np.clip(position, -1, size)
    if fill_mode == "reflect":  # d c b a | a b c d | d c b a
        position = np.mod(np.where(position < 0, -position - 1, position), 2 * size)
        position = np.where(position >= size, 2 * size - position - 1, position)
    elif fill_mode == "wrap":  # a b c d | a b c d | a b c d
        last = max(size - 1, 1)
        below = position + size * (np.trunc(-position / last) + 1)
        above = position - size * np.trunc(position / last)
        position = np.where(position < 0, below, np.where(position > size - 1, above, position))
    return np.clip(position, 0, size - 1)


def neighbors(position: np.ndarray, size: int, interpolation: str) -> Taps:
    """Return the indices in the padded axis of the pixels around each position, with their interpolation weights."""
    if interpolation == "nearest":
        pixel = np.copysign(np.floor(np.abs(position) + 0.5), position)
        return [(pixel.astype(np.intp) + 1, np.ones_like(position))]
    before = np.minimum(np.floor(position), size - 1)
    fraction = position - before
    index = before.astype(np.intp) + 1
    return [(index, 1 - fraction), (index + 1, fraction)]


def read(x: np.ndarray, rows: Taps, columns: Taps, fill_value: float) -> tuple[np.ndarray, Taps]:
    """Sample images ``(batch, height, width, channels)`` at the given positions.

    Parameters
    ----------
    x : ndarray
        The images, which are padded by one pixel of ``fill_value`` on each side.
    rows, columns : list of (index, weight)
        Results of :func:`neighbors` for each output pixel.
    fill_value : float
        Value of the padding.

    Returns
    -------
    y : ndarray
        The sampled images, of the shape of x.
    taps : list of (index, weight)
        Flat indices into the padded images and their weights, each ``(batch, height, width)``; y is the weighted sum.
    """
    batch, height, width, channels = x.shape
    padded = np.full((batch, height + 2, width + 2, channels), fill_value, x.dtype)
    padded[:, 1:-1, 1:-1] = x
    pixels = padded.reshape(-1, channels)
    first = (np.arange(batch) * ((height + 2) * (width + 2)))[:, None, None]
    y, taps = np.zeros_like(x), []
    for row, row_weight in rows:
        start = first + row * (width + 2)
        for column, column_weight in columns:
            index, weight = start + column, row_weight * column_weight
            y += pixels.take(index, axis=0) * weight[..., None]
            taps.append((index, weight))
    return y, taps
