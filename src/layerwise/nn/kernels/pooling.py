"""Max and average pooling of images ``(batch, height, width, channels)``, and their gradients.

The references loop over the output pixels. The fast kernels loop over the taps of the window instead: all values that
tap (i, j) reads are one strided slice of the images, so a 2 × 2 pooling is four slices. They process a few images at a
time, so that the data stay in the cache from one slice to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import repeat

import numpy as np

from layerwise.nn.kernels import kernel
from layerwise.nn.kernels.convolution_geometry import Window


def max_pooling_reference(x, rows: Window, columns: Window, out=None, find_winner=True):
    """Return the largest value of every window and the index of its tap, the first in case of ties."""
    y = np.empty((len(x), rows.count, columns.count, x.shape[3]), x.dtype)
    winner = np.empty(y.shape, np.min_scalar_type(rows.size * columns.size))
    for i, j, patch in _patches(_pad(x, rows, columns, -np.inf), rows, columns):
        flat = patch.reshape(len(x), rows.size * columns.size, x.shape[3])
        y[:, i, j], winner[:, i, j] = flat.max(1), flat.argmax(1)
    return y, winner if find_winner else None


def max_pooling_gradient_reference(dy, winner, rows: Window, columns: Window, out=None):
    """Add each dy to the tap with the largest value of its window."""
    padded = np.zeros((len(dy), rows.padded, columns.padded, dy.shape[3]), dy.dtype)
    for i, j, patch in _patches(padded, rows, columns):
        for tap in range(rows.size * columns.size):
            patch[:, tap // columns.size, tap % columns.size] += dy[:, i, j] * (winner[:, i, j] == tap)
    return _unpad(padded, rows, columns)


def average_pooling_reference(x, rows: Window, columns: Window, out=None):
    """Return the mean of every window over the values inside the image."""
    y = np.empty((len(x), rows.count, columns.count, x.shape[3]), x.dtype)
    padded, inside = _pad(x, rows, columns, 0), _pad(np.ones_like(x), rows, columns, 0)
    for (i, j, patch), (_, _, ones) in zip(_patches(padded, rows, columns), _patches(inside, rows, columns)):
        y[:, i, j] = patch.sum((1, 2)) / ones.sum((1, 2))
    return y


def average_pooling_gradient_reference(dy, rows: Window, columns: Window, out=None):
    """Share each dy equally among the values of its window."""
    padded = np.zeros((len(dy), rows.padded, columns.padded, dy.shape[3]), dy.dtype)
    shape = (len(dy), rows.length, columns.length, dy.shape[3])
    inside = _pad(np.ones(shape, dy.dtype), rows, columns, 0)
    for (i, j, patch), (_, _, ones) in zip(_patches(padded, rows, columns), _patches(inside, rows, columns)):
        patch += (dy[:, i, j] / ones.sum((1, 2)))[:, None, None]
    return _unpad(padded, rows, columns)


def _patches(padded: np.ndarray, rows: Window, columns: Window) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield i, j and the view ``(batch, size, size, channels)`` of the window for every output pixel (i, j)."""
    for i in range(rows.count):
        for j in range(columns.count):
            top, left = i * rows.stride, j * columns.stride
            yield i, j, padded[:, top : top + rows.size, left : left + columns.size]


def _pad(x: np.ndarray, rows: Window, columns: Window, value: float) -> np.ndarray:
    """Return x with padding, or x itself if there is no padding."""
    if (rows.padded, columns.padded) == x.shape[1:3]:
        return x
    padded = np.full((len(x), rows.padded, columns.padded, x.shape[3]), value, x.dtype)
    _unpad(padded, rows, columns)[...] = x
    return padded


def _unpad(padded: np.ndarray, rows: Window, columns: Window) -> np.ndarray:
    """Return the view of the images without their padding."""
    return padded[:, rows.before : rows.before + rows.length, columns.before : columns.before + columns.length]


@kernel(reference=max_pooling_reference)
def max_pooling(
    x, rows: Window, columns: Window, out=None, find_winner: bool = True
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the largest value of every window and the index of its tap, the first in case of ties, as in TensorFlow.

    Without ``find_winner`` the indices are None, which saves half the work.
    """
    shape = (len(x), rows.count, columns.count, x.shape[3])
    y = np.empty(shape, x.dtype) if out is None else out
    winner = np.zeros(shape, np.min_scalar_type(rows.size * columns.size)) if find_winner else None
    for images in _chunks(y):
        if winner is None:
            _largest(x[images], rows, columns, y[images])
        else:
            _largest_and_tap(x[images], rows, columns, y[images], winner[images])
    return y, winner


def _largest(x: np.ndarray, rows: Window, columns: Window, y: np.ndarray) -> None:
    value = np.empty_like(y)
    for tap, pixels in enumerate(_taps(_pixels(_pad(x, rows, columns, -np.inf)), rows, columns)):
        if tap == 0:
            _pixels(y)[...] = pixels
            continue
        _pixels(value)[...] = pixels
        np.maximum(value, y, out=y)


def _largest_and_tap(x: np.ndarray, rows: Window, columns: Window, y: np.ndarray, winner: np.ndarray) -> None:
    value, larger, label = np.empty_like(y), np.empty(y.shape, bool), np.empty_like(winner)
    for tap, pixels in enumerate(_taps(_pixels(_pad(x, rows, columns, -np.inf)), rows, columns)):
        if tap == 0:
            _pixels(y)[...] = pixels
            continue
        _pixels(value)[...] = pixels  # one strided read, so that the operations below run on contiguous arrays
        np.greater(value, y, out=larger)
        np.maximum(value, y, out=y)
        np.multiply(larger.view(np.uint8), winner.dtype.type(tap), out=label)
        np.maximum(winner, label, out=winner)  # later taps have larger indices


@kernel(reference=max_pooling_gradient_reference)
def max_pooling_gradient(dy, winner, rows: Window, columns: Window, out=None) -> np.ndarray:
    """Return dx ``(batch, h, w, c)``: dy at the largest value of each window, zero elsewhere."""
    dx = _like_input(dy, rows, columns, out)
    for images in _chunks(dy):
        parts = (dy[images] * (winner[images] == tap) for tap in range(rows.size * columns.size))
        _spread(parts, dx[images], rows, columns)
    return dx


@kernel(reference=average_pooling_reference)
def average_pooling(x, rows: Window, columns: Window, out=None) -> np.ndarray:
    """Return the mean of every window, excluding padding as Keras does."""
    y = np.empty((len(x), rows.count, columns.count, x.shape[3]), x.dtype) if out is None else out
    share = 1 / _counts(rows, columns, x.dtype)
    for images in _chunks(y):
        total = np.zeros_like(y[images])
        value = np.empty_like(total)
        for pixels in _taps(_pixels(_pad(x[images], rows, columns, 0)), rows, columns):
            _pixels(value)[...] = pixels
            total += value
        np.multiply(total, share, out=y[images])
    return y


@kernel(reference=average_pooling_gradient_reference)
def average_pooling_gradient(dy, rows: Window, columns: Window, out=None) -> np.ndarray:
    """Return dx ``(batch, h, w, c)``, with each dy shared equally among the values of its window."""
    dx = _like_input(dy, rows, columns, out)
    share = 1 / _counts(rows, columns, dy.dtype)
    for images in _chunks(dy):
        _spread(repeat(dy[images] * share), dx[images], rows, columns)
    return dx


def _spread(parts: Iterable[np.ndarray], dx: np.ndarray, rows: Window, columns: Window) -> None:
    """Write into dx the sum of the gradient's contributions from all taps."""
    unpadded = (rows.padded, columns.padded) == dx.shape[1:3]
    padded = dx if unpadded else np.empty((len(dx), rows.padded, columns.padded, dx.shape[3]), dx.dtype)
    overlap = rows.stride < rows.size or columns.stride < columns.size
    if overlap or rows.size * rows.count != rows.padded or columns.size * columns.count != columns.padded:
        padded[...] = 0
    for values, pixels, part in zip(*(_taps(view, rows, columns) for view in (padded, _pixels(padded))), parts):
        if overlap:
            values += part
        else:
            pixels[...] = _pixels(part)
    if not unpadded:
        dx[...] = _unpad(padded, rows, columns)


def _counts(rows: Window, columns: Window, dtype: np.dtype) -> np.ndarray:
    """Return the number of values per window, excluding padding, as ``(rows.count, columns.count, 1)``."""
    inside = [
        [sum(0 <= start + tap - axis.before < axis.length for tap in range(axis.size)) for start in _starts(axis)]
        for axis in (rows, columns)
    ]
    return np.multiply.outer(*inside).astype(dtype)[:, :, None]


def _starts(axis: Window) -> range:
    return range(0, axis.count * axis.stride, axis.stride)


def _taps(padded: np.ndarray, rows: Window, columns: Window) -> Iterator[np.ndarray]:
    """Yield the view ``(batch, rows.count, columns.count, …)`` of the values that each tap reads, row by row."""
    for i in range(rows.size):
        for j in range(columns.size):
            yield padded[:, rows.tap(i), columns.tap(j)]


def _pixels(images: np.ndarray) -> np.ndarray:
    """Return a view ``(batch, h, w)`` whose items are whole pixels, which NumPy copies twice as fast as numbers."""
    return images.view(_pixel(images.itemsize * images.shape[3]))[..., 0]


@lru_cache(maxsize=64)
def _pixel(size: int) -> np.dtype:
    return np.dtype((np.void, size))


def _chunks(y: np.ndarray) -> Iterator[slice]:
    """Yield slices of the batch with about 256 KB of float32 outputs each."""
    images = max(1, (1 << 16) // max(1, y[:1].size))
    return (slice(start, start + images) for start in range(0, len(y), images))


def _like_input(dy: np.ndarray, rows: Window, columns: Window, out: np.ndarray | None) -> np.ndarray:
    return np.empty((len(dy), rows.length, columns.length, dy.shape[3]), dy.dtype) if out is None else out
