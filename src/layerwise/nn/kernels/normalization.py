"""Batch normalization over all axes but the last.

The fast kernels see the input as long rows of several positions × channels, so that NumPy's inner loops are long, and
walk it block by block, so that what one operation writes the next one finds in cache. Sums are taken of ``d = x − s``,
with ``s`` the mean of the first block: as exact as two passes, for the price of one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from layerwise.nn.kernels import kernel
from layerwise.nn.kernels.dense import ones

_ROW = 2048  # wanted length of a row, in elements
_BLOCK = 1 << 15  # elements of a block


class Moments(NamedTuple):
    """What the backward pass needs: centred input ``d``, what is left of its mean, and 1/√(variance + ε)."""

    d: np.ndarray
    rest: np.ndarray
    inverse: np.ndarray


def batch_norm_reference(x, gamma, beta, epsilon, out=None, centred=None):
    """Return y = γ (x − mean) / √(variance + ε) + β, the mean, the variance and the moments."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    y = (x - mean) * inverse * gamma + beta
    return y, mean, variance, Moments(x - mean, np.zeros_like(mean), inverse)


@kernel(reference=batch_norm_reference)
def batch_norm(x, gamma, beta, epsilon, out=None, centred=None):
    """Return y = γ (x − mean) / √(variance + ε) + β, the mean, the variance and the moments."""
    channels, count = x.shape[-1], x.size // x.shape[-1]
    rows, repeat = _rows(x)
    y = np.empty(x.shape, x.dtype) if out is None else out
    d = np.empty(x.shape, x.dtype) if centred is None else centred
    d_rows, y_rows = d.reshape(rows.shape), y.reshape(rows.shape)
    blocks = _blocks(rows)
    shift = _fold(_sum(rows[blocks[0]]), channels) / (blocks[0].stop * repeat)
    long_shift = np.tile(shift, repeat)
    total, squares = np.zeros(rows.shape[1], x.dtype), np.zeros(rows.shape[1], x.dtype)
    for block in blocks:
        part = np.subtract(rows[block], long_shift, out=d_rows[block])
        total += _sum(part)
        squares += _sum(part * part)
    rest = _fold(total, channels) / count
    variance = np.maximum(_fold(squares, channels) / count - rest * rest, 0)
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    scale = np.tile(inverse * gamma, repeat)
    offset = np.tile(beta - rest * inverse * gamma, repeat)
    for block in blocks:
        part = np.multiply(d_rows[block], scale, out=y_rows[block])
        part += offset
    return y, shift + rest, variance, Moments(d, rest, inverse)


def batch_norm_gradients_reference(dy, gamma, moments, out=None):
    """Return dx, d gamma and d beta (Ioffe & Szegedy 2015)."""
    axes = tuple(range(dy.ndim - 1))
    normal = (moments.d - moments.rest) * moments.inverse
    d_beta, d_gamma = dy.sum(axis=axes), (dy * normal).sum(axis=axes)
    count = dy.size // dy.shape[-1]
    return gamma * moments.inverse * (dy - d_beta / count - normal * (d_gamma / count)), d_gamma, d_beta


@kernel(reference=batch_norm_gradients_reference)
def batch_norm_gradients(dy, gamma, moments, out=None):
    """Return dx, d gamma and d beta (Ioffe & Szegedy 2015).

    Per channel ``dx = a dy + b d + c``, once the two sums are known.
    """
    channels, count = dy.shape[-1], dy.size // dy.shape[-1]
    rows, repeat = _rows(dy)
    d_rows = moments.d.reshape(rows.shape)
    dx = np.empty(dy.shape, dy.dtype) if out is None else out
    dx_rows = dx.reshape(rows.shape)
    total, products = np.zeros(rows.shape[1], dy.dtype), np.zeros(rows.shape[1], dy.dtype)
    blocks = _blocks(rows)
    for block in blocks:
        total += _sum(rows[block])
        products += _sum(rows[block] * d_rows[block])
    d_beta = _fold(total, channels)
    d_gamma = moments.inverse * (_fold(products, channels) - moments.rest * d_beta)
    a = gamma * moments.inverse
    b = -a * moments.inverse * d_gamma / count
    c = -a * d_beta / count - b * moments.rest
    a, b, c = np.tile(a, repeat), np.tile(b, repeat), np.tile(c, repeat)
    for block in blocks:
        part = np.multiply(d_rows[block], b, out=dx_rows[block])
        part += rows[block] * a
        part += c
    return dx, d_gamma, d_beta


def scale_and_shift(x: np.ndarray, scale: np.ndarray, shift: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return x · scale + shift, channel by channel: batch normalization in inference."""
    rows, repeat = _rows(x)
    target, long_scale, long_shift = out.reshape(rows.shape), np.tile(scale, repeat), np.tile(shift, repeat)
    for block in _blocks(rows):
        part = np.multiply(rows[block], long_scale, out=target[block])
        part += long_shift
    return out


def _rows(x: np.ndarray) -> tuple[np.ndarray, int]:
    """Return x as rows of several positions × channels, and how many positions a row holds."""
    channels = x.shape[-1]
    count = x.size // channels
    repeat = math.gcd(count, 1 << max(0, (_ROW // channels).bit_length() - 1)) or 1
    return x.reshape(count // repeat, repeat * channels), repeat


def _blocks(rows: np.ndarray) -> list[slice]:
    """Return slices of rows that hold about ``_BLOCK`` elements each."""
    step = max(1, _BLOCK // max(1, rows.shape[1]))
    return [slice(start, min(start + step, len(rows))) for start in range(0, len(rows), step)]


def _sum(rows: np.ndarray) -> np.ndarray:
    return ones(len(rows), rows.dtype) @ rows


def _fold(long: np.ndarray, channels: int) -> np.ndarray:
    return long.reshape(-1, channels).sum(axis=0)
