"""The affine map of Dense, and its gradients."""

from __future__ import annotations

import functools

import numpy as np

from layerwise.nn.kernels import kernel

_SMALL = 1_000_000  # multiplications up to which OpenBLAS takes its kernels for small matrices


@functools.lru_cache(maxsize=32)
def ones(size: int, dtype: np.dtype) -> np.ndarray:
    """Return a row of ones: ``ones @ x`` is up to ten times as fast as ``x.sum(axis=0)``."""
    return np.ones(size, dtype)


def column_sums(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the sums over all axes but the last."""
    rows = x.reshape(-1, x.shape[-1])
    return np.matmul(ones(len(rows), x.dtype), rows, out=out)


@functools.lru_cache(maxsize=256)
def _tile(rows: int, inner: int, columns: int) -> tuple[int, int] | None:
    """Return the size of the tiles in which :func:`product` computes, None for the whole at once."""
    wide = 64 if columns % 64 == 0 else columns
    tallest = min(rows, _SMALL // max(1, wide * inner))
    tall = next((size for size in range(tallest, 7, -1) if rows % size == 0), None)
    return None if tall is None or wide > 64 else (tall, wide)


def product_reference(a, b, out=None):
    """Return a @ b."""
    return np.matmul(a, b, out=out)


@kernel(reference=product_reference)
def product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return a @ b for two matrices, in tiles of at most 10⁶ multiplications.

    Up to there OpenBLAS takes kernels made for small matrices, 7 to 40 % faster than its general ones. The tiles are
    views, so NumPy runs them all in one call; ``a`` may be a transposed matrix.
    """
    (rows, inner), columns = a.shape, b.shape[1]
    if rows * inner * columns <= _SMALL:
        return np.matmul(a, b, out=out)
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


def affine_reference(x, kernel, bias=None, out=None):
    """Return x @ kernel + bias, on the last axis."""
    y = x @ kernel
    return y if bias is None else y + bias


@kernel(reference=affine_reference)
def affine(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None, out: np.ndarray | None = None
) -> np.ndarray:
    """Return x @ kernel + bias, on the last axis."""
    inputs, outputs = kernel.shape
    y = np.empty((*x.shape[:-1], outputs), x.dtype) if out is None else out
    product.fast(x.reshape(-1, inputs), kernel, y.reshape(-1, outputs))
    if bias is not None:
        y += bias
    return y


def affine_gradients_reference(x, dz, kernel_gradient, bias_gradient=None):
    """Write xᵀ dz and Σ dz into the two gradients."""
    inputs, outputs = kernel_gradient.shape
    kernel_gradient[...] = x.reshape(-1, inputs).T @ dz.reshape(-1, outputs)
    if bias_gradient is not None:
        bias_gradient[...] = dz.reshape(-1, outputs).sum(axis=0)


@kernel(reference=affine_gradients_reference)
def affine_gradients(
    x: np.ndarray, dz: np.ndarray, kernel_gradient: np.ndarray, bias_gradient: np.ndarray | None = None
) -> None:
    """Write xᵀ dz and Σ dz into the two gradients, all leading axes taken as the batch."""
    inputs, outputs = kernel_gradient.shape
    product.fast(x.reshape(-1, inputs).T, dz.reshape(-1, outputs), kernel_gradient)
    if bias_gradient is not None:
        column_sums(dz, out=bias_gradient)
