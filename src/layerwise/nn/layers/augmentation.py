"""Data augmentation: layers that transform each image at random in training and pass it through in inference."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise.nn.layers.base import Layer

Factor = float | Sequence[float]
Taps = list[tuple[np.ndarray, np.ndarray]]


class _Warp(Layer):
    """What the layers that move pixels share: each output pixel reads the input at a place of its own.

    A subclass says where (:meth:`places`). Between pixels the input is interpolated; beyond its edges it is filled
    like Keras fills it. The output is linear in the input, so ``backward`` adds each gradient to the pixels read.
    """

    ranks = (4,)

    fill_mode = "constant"
    interpolation = "bilinear"
    fill_value = 0.0

    @abstractmethod
    def places(self, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Return the row and the column that each pixel reads, to be spread to ``(batch, height, width)``."""

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        self.taps = None
        if not training:
            return x
        rows, columns = (
            neighbours(inside(place.astype(x.dtype), size, self.fill_mode), size, self.interpolation)
            for place, size in zip(self.places(x.shape), x.shape[1:3])
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
        """Draw one number for each of ``count`` images, evenly between the limits, as ``(count, 1, 1)``."""
        return self.rng.uniform(*limits, size=(count, 1, 1))


class _Fill(_Warp):
    """What the turns, shifts and zooms share: their reader says how to fill and how to interpolate."""

    def __init__(self, fill_mode: str, interpolation: str, fill_value: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, value, accepted in (
            ("fill_mode", fill_mode, ("reflect", "wrap", "constant", "nearest")),
            ("interpolation", interpolation, ("bilinear", "nearest")),
        ):
            if value not in accepted:
                raise ValueError(f"{self}: {name} must be one of {', '.join(map(repr, accepted))}, got {value!r}")
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value


class RandomTranslation(_Fill):
    """Shifts each image by a random part of its height and of its width in training.

    Parameters
    ----------
    height_factor, width_factor : float or pair of float
        Range of the shift, as a part of the image: ``0.1`` is −10 % … 10 %, ``(0.1, 0.2)`` is 10 % … 20 % down (right).
    fill_mode : {"reflect", "wrap", "constant", "nearest"}
        What is read beyond the edge: the image mirrored, the image again, ``fill_value``, or its last pixel.
    interpolation : {"bilinear", "nearest"}
        What is read between pixels.
    fill_value : float
        For ``fill_mode="constant"``.
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

    def places(self, shape):
        """See :meth:`_Warp.places`."""
        rows, columns = grid(shape)
        down, right = (self.draw(range_, shape[0]) for range_ in self.limits)
        return rows - down * shape[1], columns - right * shape[2]


class RandomRotation(_Fill):
    """Turns each image about its middle by a random angle in training.

    Parameters
    ----------
    factor : float or pair of float
        Range of the angle as a part of a whole turn, anticlockwise: ``0.1`` is −36° … 36°.
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

    def places(self, shape):
        """See :meth:`_Warp.places`."""
        rows, columns = grid(shape)
        y, x = rows - (shape[1] - 1) / 2, columns - (shape[2] - 1) / 2
        angle = 2 * np.pi * self.draw(self.limits, shape[0])
        cos, sin = np.cos(angle), np.sin(angle)
        return sin * x + cos * y + (shape[1] - 1) / 2, cos * x - sin * y + (shape[2] - 1) / 2


class RandomZoom(_Fill):
    """Zooms into each image, or out of it, about its middle in training.

    Parameters
    ----------
    height_factor : float or pair of float
        Range of the zoom: ``0.1`` is 10 % nearer … 10 % farther, ``(-0.2, 0)`` is up to 20 % nearer.
    width_factor : float or pair of float, optional
        The same for the width; without it the image keeps its proportions.
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

    def places(self, shape):
        """See :meth:`_Warp.places`."""
        rows, columns = grid(shape)
        tall = 1 + self.draw(self.height_limits, shape[0])
        wide = tall if self.width_limits is None else 1 + self.draw(self.width_limits, shape[0])
        middle, centre = (shape[1] - 1) / 2, (shape[2] - 1) / 2
        return tall * (rows - middle) + middle, wide * (columns - centre) + centre


class RandomElasticTransform(_Warp):
    """Bends each image like rubber in training (Simard, Steinkraus & Platt 2003, section 2).

    Each pixel reads a place moved by ``alpha`` times a field of its own for rows and for columns: numbers drawn evenly
    from −1 … 1, smoothed by a Gaussian of ``sigma`` pixels, so that neighbours move together.

    Parameters
    ----------
    alpha : float
        Strength of the field, in pixels.
    sigma : float
        Standard deviation of the Gaussian, in pixels, > 0.
    fill_value : float
        What is read beyond the edge.

    Notes
    -----
    Keras 3.15 has a layer of this name with other arguments. It cannot be trained with: it moves rows and columns by
    the same field, and where the size of the batch is not known beforehand, as in ``fit``, it makes every image of a
    batch from the first. :mod:`layerwise.nn.keras_layers` has the Keras counterpart of this one.
    """

    def __init__(self, alpha: float = 34.0, sigma: float = 4.0, fill_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not sigma > 0:
            raise ValueError(f"{self}: sigma must be a number > 0, got {sigma!r}")
        self.alpha, self.sigma, self.fill_value = alpha, sigma, fill_value

    def places(self, shape):
        """See :meth:`_Warp.places`."""
        batch, height, width, _ = shape
        field = self.rng.uniform(-self.alpha, self.alpha, size=(2, batch, height, width))
        field = gaussian(height, self.sigma) @ field @ gaussian(width, self.sigma)
        rows, columns = grid(shape)
        return rows + field[0], columns + field[1]


class RandomFlip(Layer):
    """Mirrors half of the images in training.

    Parameters
    ----------
    mode : {"horizontal", "vertical", "horizontal_and_vertical"}
        Left and right, up and down, or, in the same images, both.
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
        """See :meth:`Layer.backward`: a mirrored gradient."""
        return self._flip(dy)

    def _flip(self, x: np.ndarray) -> np.ndarray:
        if not self.flipped.any():
            return x
        axes = tuple(axis for axis, name in ((1, "vertical"), (2, "horizontal")) if name in self.mode)
        return np.where(self.flipped[:, None, None, None], np.flip(x, axes), x)


class RandomApply(Layer):
    """Shows some examples as the layers inside make them, the others as they are; in inference, all as they are.

    A network that saw none but bent digits, each blurred by what it was interpolated with, would know sharp ones less
    well.

    Parameters
    ----------
    layers : sequence of Layer
        Run one after the other on the chosen examples, each of which must keep its shape.
    rate : float
        Share of the examples they are run on, each drawn anew at every pass, from 0 to 1.

    Notes
    -----
    What KerasCV and torchvision call by this name (the latter says ``p``).
    """

    def __init__(self, layers: Sequence[Layer], rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers = [Layer.get(layer) for layer in layers]
        if not self.layers:
            raise ValueError(f"{self}: there must be at least one layer, got none")
        if not (_is_part(rate) and rate >= 0):
            raise ValueError(f"{self}: rate must be a number from 0 to 1, got {rate!r}")
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
        self.chosen = self.rng.random(len(x)) < self.rate if training else np.zeros(len(x), bool)
        if not self.chosen.any():
            return x
        part = x[self.chosen]
        for layer in self.layers:
            part = layer.forward(part, training)
        y = x.copy()
        y[self.chosen] = part
        return y

    def backward(self, dy):
        """See :meth:`Layer.backward`: the gradient of the chosen passes back through the layers."""
        if not self.chosen.any():
            return dy
        part = dy[self.chosen]
        for layer in reversed(self.layers):
            part = layer.backward(part)
        dx = dy.copy()
        dx[self.chosen] = part
        return dx

    def compute_output_shape(self, input_shape):
        """See :meth:`Layer.compute_output_shape`."""
        for layer in self.layers:
            shape = layer.compute_output_shape(tuple(input_shape))
            if shape != tuple(input_shape):
                raise ValueError(
                    f"{self}: {layer} turns {tuple(input_shape)} into {shape}; the layers must keep the shape"
                )
        return tuple(input_shape)


def limits(layer: Layer, name: str, factor: Any) -> tuple[float, float]:
    """Return the range that a factor stands for: −f … f of a number, the two of a pair in order."""
    pair = factor if isinstance(factor, (tuple, list)) else (-factor, factor) if _is_part(factor) else ()
    if len(pair) != 2 or not all(map(_is_part, pair)):
        raise ValueError(f"{layer}: {name} must be a number from -1 to 1, or two of them, got {factor!r}")
    return min(pair), max(pair)


def _is_part(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1 <= value <= 1


def grid(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows ``(1, height, 1)`` and the columns ``(1, 1, width)`` of images."""
    return np.arange(shape[1], dtype=float)[None, :, None], np.arange(shape[2], dtype=float)[None, None, :]


def gaussian(size: int, sigma: float) -> np.ndarray:
    """Return the symmetric matrix ``(size, size)`` that smooths a line of pixels, with nothing beyond its ends."""
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    far = np.arange(-4 * size, 4 * size + 1)
    return np.exp(-0.5 * (distance / sigma) ** 2) / np.exp(-0.5 * (far / sigma) ** 2).sum()


def inside(place: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Move places beyond an axis of ``size`` pixels to where they are read, as TensorFlow's fill modes do.

    With ``"constant"`` they come to lie one pixel beyond the edge, where the padding of :func:`read` holds the value.
    """
    if fill_mode == "constant":
        return np.clip(place, -1, size)
    if fill_mode == "reflect":  # d c b a | a b c d | d c b a
        place = np.mod(np.where(place < 0, -place - 1, place), 2 * size)
        place = np.where(place >= size, 2 * size - place - 1, place)
    elif fill_mode == "wrap":  # a b c d | a b c d | a b c d
        last = max(size - 1, 1)
        below = place + size * (np.trunc(-place / last) + 1)
        above = place - size * np.trunc(place / last)
        place = np.where(place < 0, below, np.where(place > size - 1, above, place))
    return np.clip(place, 0, size - 1)


def neighbours(place: np.ndarray, size: int, interpolation: str) -> Taps:
    """Return the pixels around each place of an axis, counted from one pixel before it, each with its weight."""
    if interpolation == "nearest":
        pixel = np.copysign(np.floor(np.abs(place) + 0.5), place)
        return [(pixel.astype(np.intp) + 1, np.ones_like(place))]
    before = np.minimum(np.floor(place), size - 1)
    part = place - before
    index = before.astype(np.intp) + 1
    return [(index, 1 - part), (index + 1, part)]


def read(x: np.ndarray, rows: Taps, columns: Taps, fill_value: float) -> tuple[np.ndarray, Taps]:
    """Read images ``(batch, height, width, channels)`` between their pixels.

    Parameters
    ----------
    x : ndarray
        The images; around them lies one pixel of ``fill_value``.
    rows, columns : list of (index, weight)
        What :func:`neighbours` found for each output pixel.
    fill_value : float
        Value of the padding.

    Returns
    -------
    y : ndarray
        The pictures read, in the shape of x.
    taps : list of (index, weight)
        Places in the padded images and their weights, each ``(batch, height, width)``; y is the weighted sum.
    """
    batch, height, width, channels = x.shape
    padded = np.full((batch, height + 2, width + 2, channels), fill_value, x.dtype)
    padded[:, 1:-1, 1:-1] = x
    pixels = padded.reshape(-1, channels)
    first = (np.arange(batch) * ((height + 2) * (width + 2)))[:, None, None]
    y, taps = np.zeros_like(x), []
    for row, share in rows:
        start = first + row * (width + 2)
        for column, part in columns:
            index, weight = start + column, share * part
            y += pixels.take(index, axis=0) * weight[..., None]
            taps.append((index, weight))
    return y, taps
