"""Elementwise kernels: ReLU, the error function, dropout masks."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from layerwise.nn.kernels import kernel


def relu_reference(z, out=None):
    """Return max(z, 0)."""
    return np.maximum(z, 0, out=out)


def relu_gradient_reference(dy, y, out=None):
    """Return dy where y > 0, else 0."""
    return np.multiply(dy, y > 0, out=out)


_BLOCK = 1 << 16  # elements per block, few enough to stay in the cache from one operation to the next


@functools.cache
def _zeros(dtype: np.dtype) -> np.ndarray:
    """Return a block of zeros: ``np.maximum`` with an array is three times as fast as with the number 0."""
    return np.zeros(_BLOCK, dtype)


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


@kernel(reference=relu_gradient_reference)
def relu_gradient(dy: np.ndarray, y: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return dy where y > 0, else 0, block by block so that the mask stays in the cache."""
    if not (dy.flags.c_contiguous and y.flags.c_contiguous):
        return np.multiply(dy, y > 0, out=out)
    dz = np.empty_like(dy) if out is None else out
    gradient, output, target = dy.reshape(-1), y.reshape(-1), dz.reshape(-1)
    for start in range(0, dy.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        np.multiply(gradient[block], output[block] > 0, out=target[block])
    return dz


def keep_mask(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> tuple[np.ndarray, float]:
    """Return a boolean mask that is False with probability ``rate``, and the exact probability of True.

    The mask comes from raw random bits: one byte per element if ``rate`` is a multiple of 1/256, else two bytes (which
    approximate ``rate`` to within 1/131072). This is several times as fast as comparing uniform floats.
    """
    size = int(np.prod(shape))
    dtype, levels = (np.uint8, 256) if (rate * 256).is_integer() else (np.uint16, 65536)
    threshold = round(rate * levels)
    per_word = 8 // np.dtype(dtype).itemsize
    words: Any = rng.bit_generator.random_raw(-(-size // per_word))
    mask = (words.view(dtype)[:size] >= threshold).reshape(shape)
    return mask, 1 - threshold / levels


# W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969).
_ERF_NUMERATOR = (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
                  3.20937758913846947e3)  # fmt: skip
_ERF_DENOMINATOR = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
_ERFC_NUMERATOR = (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
                   2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
                   1.23033935479799725e3)  # fmt: skip
_ERFC_DENOMINATOR = (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
                     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
                     1.23033935480374942e3)  # fmt: skip


def _polynomial(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    """Evaluate a polynomial at x by Horner's rule, in the dtype of x (``np.polyval`` converts float32 to float64)."""
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= x
        value += coefficient
    return value


def erf(x: np.ndarray) -> np.ndarray:
    """Return the error function ``2/√π ∫₀ˣ e^{−t²} dt``, to within 3e-16 in float64.

    Cody's rational approximations: ``x R(x²)`` up to |x| = 0.46875, ``1 − e^{−x²} R(x)`` beyond, and ±1 from |x| = 6.
    """
    size = np.minimum(np.abs(x), 6)
    square = np.minimum(size, 0.46875) ** 2
    near = _polynomial(_ERF_NUMERATOR, square) / _polynomial(_ERF_DENOMINATOR, square)
    far = 1 - np.exp(-size * size) * _polynomial(_ERFC_NUMERATOR, size) / _polynomial(_ERFC_DENOMINATOR, size)
    return np.where(size <= 0.46875, x * near, np.copysign(far, x))
