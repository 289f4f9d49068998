"""The affine map of the Dense layer, ``y = x kernel + bias``, and its gradients."""

from __future__ import annotations

import numpy as np

from layerwise.nn.kernels import kernel
from layerwise.nn.kernels.products import column_sums, product


def affine_reference(x, kernel, bias=None, out=None):
    """Return x @ kernel + bias over the last axis."""
    y = x @ kernel
    return y if bias is None else y + bias


def affine_gradients_reference(x, dz, kernel_gradient, bias_gradient=None):
    """Write xᵀ dz and Σ dz into the two gradients."""
    inputs, outputs = kernel_gradient.shape
    kernel_gradient[...] = x.reshape(-1, inputs).T @ dz.reshape(-1, outputs)
    if bias_gradient is not None:
        bias_gradient[...] = dz.reshape(-1, outputs).sum(axis=0)


@kernel(reference=affine_reference)
def affine(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None, out: np.ndarray | None = None
) -> np.ndarray:
    """Return x @ kernel + bias over the last axis."""
    inputs, outputs = kernel.shape
    y = np.empty((*x.shape[:-1], outputs), x.dtype) if out is None else out
    product.fast(x.reshape(-1, inputs), kernel, y.reshape(-1, outputs))
    if bias is not None:
        y += bias
    return y


@kernel(reference=affine_gradients_reference)
def affine_gradients(
    x: np.ndarray, dz: np.ndarray, kernel_gradient: np.ndarray, bias_gradient: np.ndarray | None = None
) -> None:
    """Write xᵀ dz and Σ dz into the two gradients, with all leading axes as the batch."""
    inputs, outputs = kernel_gradient.shape
    product.fast(x.reshape(-1, inputs).T, dz.reshape(-1, outputs), kernel_gradient)
    if bias_gradient is not None:
        column_sums(dz, out=bias_gradient)
