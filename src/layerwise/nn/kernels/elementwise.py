"""Element by element: rectification, the exact error function, dropout masks."""

from __future__ import annotations

import functools

import numpy as np

from layerwise.nn.kernels import kernel

_BLOCK = 1 << 16  # elements worked on at a time, so that an operation finds what the last one left in cache


@functools.cache
def _zeros(dtype: np.dtype) -> np.ndarray:
    """Return a block of zeros: ``np.maximum`` with an array is three times as fast as with the number 0."""
    return np.zeros(_BLOCK, dtype)


def relu_reference(z, out=None):
    """Return max(z, 0)."""
    return np.maximum(z, 0, out=out)


@kernel(reference=relu_reference)
def relu(z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return max(z, 0), block by block."""
    if not z.flags.c_contiguous:
        return np.maximum(z, 0, out=out)
    y = np.empty_like(z) if out is None else out
    source, target, zeros = z.reshape(-1), y.reshape(-1), _zeros(z.dtype)
    for start in range(0, z.size, _BLOCK):
        part = source[start : start + _BLOCK]
        np.maximum(part, zeros[: part.size], out=target[start : start + _BLOCK])
    return y


def relu_gradient_reference(dy, y, out=None):
    """Return dy where y > 0, else 0."""
    return np.multiply(dy, y > 0, out=out)


@kernel(reference=relu_gradient_reference)
def relu_gradient(dy: np.ndarray, y: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return dy where y > 0, else 0, block by block so that the mask stays in cache."""
    if not (dy.flags.c_contiguous and y.flags.c_contiguous):
        return np.multiply(dy, y > 0, out=out)
    dz = np.empty_like(dy) if out is None else out
    gradient, output, target = dy.reshape(-1), y.reshape(-1), dz.reshape(-1)
    for start in range(0, dy.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        np.multiply(gradient[block], output[block] > 0, out=target[block])
    return dz


def keep_mask(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> tuple[np.ndarray, float]:
    """Return a boolean mask that drops with probability ``rate``, and its exact probability of keeping.

    The mask is cut from raw random bits: one byte an element where ``rate`` is a multiple of 1/256, else two (so
    ``rate`` is met to 1/131072). That is several times as fast as comparing uniform floats.
    """
    size = int(np.prod(shape))
    dtype, levels = (np.uint8, 256) if (rate * 256).is_integer() else (np.uint16, 65536)
    threshold = round(rate * levels)
    per_word = 8 // np.dtype(dtype).itemsize
    words = rng.bit_generator.random_raw(-(-size // per_word))
    mask = (words.view(dtype)[:size] >= threshold).reshape(shape)
    return mask, 1 - threshold / levels
