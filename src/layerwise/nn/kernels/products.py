"""Tiled matrix products, sums as products with a vector of ones, and row maxima."""

from __future__ import annotations

import functools

import numpy as np

from layerwise.nn.kernels import kernel


def product_reference(a, b, out=None):
    """Return a @ b."""
    return np.matmul(a, b, out=out)


_SMALL = 1_000_000  # multiplications up to which OpenBLAS uses its kernels for small matrices


@kernel(reference=product_reference)
def product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return a @ b for two matrices, in tiles of at most 10⁶ multiplications.

    Up to this size OpenBLAS uses its kernels for small matrices, 7 to 40% faster than the general ones. The tiles are
    views, so NumPy computes them all in one call; ``a`` may be a transposed matrix.
    """
    (rows, inner), columns = a.shape, b.shape[1]
    if rows * inner * columns <= _SMALL and out.flags.c_contiguous:
        return a.dot(b, out)  # the same BLAS call as matmul, at half the overhead
    tile = _tile(rows, inner, columns)
    whole = a.flags.c_contiguous or a.T.flags.c_contiguous
    if tile is None or not (whole and b.flags.c_contiguous and out.flags.c_contiguous):
        return np.matmul(a, b, out=out)
    tall, wide = tile
    if a.flags.c_contiguous:
        a_tiles = a.reshape(rows // tall, 1, tall, inner)
    else:
        a_tiles = a.T.reshape(inner, rows // tall, 1, tall).transpose(1, 2, 3, 0)
    b_tiles = b.reshape(inner, columns // wide, wide).swapaxes(0, 1)
    np.matmul(a_tiles, b_tiles, out=out.reshape(rows // tall, tall, columns // wide, wide).swapaxes(1, 2))
    return out


@functools.lru_cache(maxsize=256)
def _tile(rows: int, inner: int, columns: int) -> tuple[int, int] | None:
    """Return the tile size for :func:`product`, or None if it should not tile."""
    wide = 64 if columns % 64 == 0 else columns
    tallest = min(rows, _SMALL // max(1, wide * inner))
    tall = next((size for size in range(tallest, 7, -1) if rows % size == 0), None)
    return None if tall is None or wide > 64 else (tall, wide)


def column_sums(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the sums over all axes except the last."""
    rows = x.reshape(-1, x.shape[-1])
    return ones(len(rows), x.dtype).dot(rows, out)


def row_maxima(x: np.ndarray) -> np.ndarray:
    """Return ``x.max(axis=-1, keepdims=True)``, by transposing: NumPy is much faster along the first axis."""
    columns = x.reshape(-1, x.shape[-1]).T.copy()
    return columns.max(axis=0).reshape(*x.shape[:-1], 1)


@functools.lru_cache(maxsize=32)
def ones(size: int, dtype: np.dtype) -> np.ndarray:
    """Return a row of ones: ``ones @ x`` is up to ten times as fast as ``x.sum(axis=0)``."""
    return np.ones(size, dtype)
