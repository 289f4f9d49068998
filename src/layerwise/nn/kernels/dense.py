"""The affine map of Dense, and its gradients."""

from __future__ import annotations

import functools

import numpy as np

from layerwise.nn.kernels import kernel


@functools.lru_cache(maxsize=32)
def ones(size: int, dtype: np.dtype) -> np.ndarray:
    """Return a row of ones: ``ones @ x`` is up to ten times as fast as ``x.sum(axis=0)``."""
    return np.ones(size, dtype)


def column_sums(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the sums over all axes but the last."""
    rows = x.reshape(-1, x.shape[-1])
    return np.matmul(ones(len(rows), x.dtype), rows, out=out)


def affine_reference(x, kernel, bias=None, out=None):
    """Return x @ kernel + bias, on the last axis."""
    y = x @ kernel
    return y if bias is None else y + bias


@kernel(reference=affine_reference)
def affine(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None, out: np.ndarray | None = None
) -> np.ndarray:
    """Return x @ kernel + bias, on the last axis."""
    y = np.matmul(x, kernel, out=out)
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
    np.matmul(x.reshape(-1, inputs).T, dz.reshape(-1, outputs), out=kernel_gradient)
    if bias_gradient is not None:
        column_sums(dz, out=bias_gradient)
