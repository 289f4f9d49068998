"""Batch normalization over all axes except the last.

The fast kernels treat the input as one long vector and process it block by block, so that each operation finds its
data in the cache. The channel constants are repeated to rows of about a thousand values, so that NumPy runs one inner
loop per row instead of one per position. Sums are taken over ``d = x − s``, with ``s`` the mean of the first block,
which is as accurate as two passes at the cost of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from layerwise.nn.kernels import kernel
from layerwise.nn.kernels.products import column_sums


class Moments(NamedTuple):
    """Values kept for the backward pass: shifted input ``d``, its remaining mean, and 1/√(variance + ε)."""

    d: np.ndarray
    rest: np.ndarray
    inverse: np.ndarray


def batch_norm_reference(x, gamma, beta, epsilon, out=None, centered=None):
    """Return y = γ (x − mean) / √(variance + ε) + β, the mean, the variance and the moments."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    y = (x - mean) * inverse * gamma + beta
    return y, mean, variance, Moments(x - mean, np.zeros_like(mean), inverse)


def batch_norm_gradients_reference(dy, gamma, moments, out=None):
    """Return dx, d gamma and d beta (Ioffe & Szegedy 2015)."""
    axes = tuple(range(dy.ndim - 1))
    normal = (moments.d - moments.rest) * moments.inverse
    d_beta, d_gamma = dy.sum(axis=axes), (dy * normal).sum(axis=axes)
    count = dy.size // dy.shape[-1]
    return gamma * moments.inverse * (dy - d_beta / count - normal * (d_gamma / count)), d_gamma, d_beta


_BLOCK = 1 << 17  # approximate elements per block
_ROW = 1 << 10  # approximate elements per row
_SMALL = 1 << 12  # elements up to which repeating the channel constants does not pay


@kernel(reference=batch_norm_reference)
def batch_norm(x, gamma, beta, epsilon, out=None, centered=None):
    """Return y = γ (x − mean) / √(variance + ε) + β, the mean, the variance and the moments."""
    channels, count = x.shape[-1], x.size // x.shape[-1]
    y = np.empty(x.shape, x.dtype) if out is None else out
    d = np.empty(x.shape, x.dtype) if centered is None else centered
    first = x.reshape(-1)[: _block(x)]
    shift = _sums(first, channels) * (channels / first.size)
    shift_row, scratch = _repeated(shift, x), np.empty_like(first)
    total, squares = np.zeros((2, channels), x.dtype)
    for n, part, d_part in _blocks(x, d):
        _along(np.subtract, part, shift_row, d_part)
        total += _sums(d_part, channels)
        squares += _sums(np.multiply(d_part, d_part, out=scratch[:n]), channels)
    rest = total / count
    variance = np.maximum(squares / count - rest * rest, 0)
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    factor = inverse * gamma
    scale, offset = _repeated(factor, x), _repeated(beta - rest * factor, x)
    for _, d_part, target in _blocks(d, y):
        _along(np.multiply, d_part, scale, target)
        _along(np.add, target, offset, target)
    return y, shift + rest, variance, Moments(d, rest, inverse)


@kernel(reference=batch_norm_gradients_reference)
def batch_norm_gradients(dy, gamma, moments, out=None):
    """Return dx, d gamma and d beta (Ioffe & Szegedy 2015).

    Given the two sums, ``dx = a dy + b d + c`` for each channel.
    """
    channels, count = dy.shape[-1], dy.size // dy.shape[-1]
    dx = np.empty(dy.shape, dy.dtype) if out is None else out
    scratch = np.empty(min(_block(dy), dy.size), dy.dtype)
    total, products = np.zeros((2, channels), dy.dtype)
    for n, part, d in _blocks(dy, moments.d):
        total += _sums(part, channels)
        products += _sums(np.multiply(part, d, out=scratch[:n]), channels)
    d_gamma = moments.inverse * (products - moments.rest * total)
    a = gamma * moments.inverse
    b = -a * moments.inverse * d_gamma / count
    c = -a * total / count - b * moments.rest
    a, b, c = _repeated(a, dy), _repeated(b, dy), _repeated(c, dy)
    for n, part, d, target in _blocks(dy, moments.d, dx):
        _along(np.multiply, d, b, scratch[:n])
        _along(np.multiply, part, a, target)  # ``out`` may be ``dy``, which is not read again after this
        target += scratch[:n]
        _along(np.add, target, c, target)
    return dx, d_gamma, total


def scale_and_shift(x: np.ndarray, scale: np.ndarray, shift: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return x · scale + shift per channel: batch normalization in inference mode."""
    scale_row, shift_row = _repeated(scale, x), _repeated(shift, x)
    for _, part, target in _blocks(x, out):
        _along(np.multiply, part, scale_row, target)
        _along(np.add, target, shift_row, target)
    return out


def _block(x: np.ndarray) -> int:
    """Return the number of elements per block, a multiple of the row length."""
    row = _row(x.shape[-1])
    return row * max(1, _BLOCK // row)


def _row(channels: int) -> int:
    return channels * max(1, _ROW // channels)


def _blocks(first: np.ndarray, *others: np.ndarray) -> Iterator[tuple]:
    """Yield the number of elements of each block and that block of every array."""
    size, flat = _block(first), [array.reshape(-1) for array in (first, *others)]
    for start in range(0, first.size, size):
        yield min(size, first.size - start), *[array[start : start + size] for array in flat]


def _repeated(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the channel values, repeated to the length of a row if x is large."""
    if x.size <= _SMALL:
        return values
    return values[np.newaxis].repeat(_row(len(values)) // len(values), axis=0).reshape(-1)


def _along(ufunc: np.ufunc, block: np.ndarray, row: np.ndarray, out: np.ndarray) -> None:
    """Write ``ufunc(block, row)`` into ``out``, with the row repeated along the block."""
    whole = block.size - block.size % len(row)
    if whole:
        ufunc(block[:whole].reshape(-1, len(row)), row, out=out[:whole].reshape(-1, len(row)))
    if whole < block.size:
        ufunc(block[whole:], row[: block.size - whole], out=out[whole:])


def _sums(block: np.ndarray, channels: int) -> np.ndarray:
    """Return the sum of each channel: first over long rows by one fast matrix product, then within the row."""
    row = _row(channels)
    rows = block.reshape(-1, row if block.size % row == 0 else channels)
    sums = column_sums(rows)
    return sums if len(sums) == channels else sums.reshape(-1, channels).sum(axis=0)
