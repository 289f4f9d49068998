"""Two-dimensional convolution of images ``(batch, height, width, channels)`` and its gradients.

Each output is a window of the padded image times the kernel, ``y[n, i, j] = Σ x[n, window(i, j)] · kernel + bias``
(LeCun, Bottou, Bengio & Haffner 1998). The references compute exactly this. The fast kernels arrange the windows as
the rows of a matrix (:mod:`convolution_direct`) or, for float32 kernels with three rows and stride one, also halve the
multiplications (:mod:`convolution_winograd`) unless ``nn.config.convolution`` is ``"direct"``.
"""

from __future__ import annotations

import numpy as np

from layerwise.nn import config
from layerwise.nn.kernels import convolution_direct as direct
from layerwise.nn.kernels import convolution_winograd as winograd
from layerwise.nn.kernels import kernel
from layerwise.nn.kernels.convolution_geometry import Window


def convolution_reference(x, weights, bias, rows: Window, columns: Window, out=None) -> np.ndarray:
    """Compute ``y[n, i, j] = Σ x[n, window(i, j)] · weights + bias``, one output pixel at a time."""
    padded = _pad(x, rows, columns)
    y = np.zeros((len(x), rows.count, columns.count, weights.shape[-1]), x.dtype)
    for i in range(rows.count):
        for j in range(columns.count):
            y[:, i, j] = np.tensordot(padded[_patch(rows, columns, i, j)], weights, 3)
    return y if bias is None else y + bias


def convolution_parameter_gradients_reference(x, dy, d_weights, d_bias, rows: Window, columns: Window) -> None:
    """Sum ``x[window(i, j)]ᵀ dy[i, j]`` over all output pixels, and dy for the bias."""
    padded = _pad(x, rows, columns)
    d_weights[...] = 0
    for i in range(rows.count):
        for j in range(columns.count):
            d_weights += np.tensordot(padded[_patch(rows, columns, i, j)], dy[:, i, j], (0, 0))
    if d_bias is not None:
        d_bias[...] = dy.sum((0, 1, 2))


def convolution_input_gradient_reference(dy, weights, rows: Window, columns: Window, out=None) -> np.ndarray:
    """Add ``dy[i, j] weightsᵀ`` to the window of every output pixel."""
    padded = np.zeros((len(dy), rows.padded, columns.padded, weights.shape[2]), dy.dtype)
    for i in range(rows.count):
        for j in range(columns.count):
            padded[_patch(rows, columns, i, j)] += np.tensordot(dy[:, i, j], weights, (1, 3))
    return padded[:, rows.before : rows.before + rows.length, columns.before : columns.before + columns.length]


def _pad(x: np.ndarray, rows: Window, columns: Window) -> np.ndarray:
    return np.pad(x, ((0, 0), (rows.before, rows.after), (columns.before, columns.after), (0, 0)))


def _patch(rows: Window, columns: Window, i: int, j: int) -> tuple[slice, slice, slice]:
    """Return the index of the window of output pixel (i, j) in the padded images."""
    top, left = i * rows.stride, j * columns.stride
    return (
        slice(None),
        slice(top, top + (rows.size - 1) * rows.dilation + 1, rows.dilation),
        slice(left, left + (columns.size - 1) * columns.dilation + 1, columns.dilation),
    )


@kernel(reference=convolution_reference)
def convolution(x, weights, bias, rows: Window, columns: Window, out=None) -> np.ndarray:
    """Convolve x ``(n, h, w, c)`` with weights ``(kh, kw, c, f)`` → y ``(n, rows.count, columns.count, f)``."""
    y = np.empty((len(x), rows.count, columns.count, weights.shape[-1]), x.dtype) if out is None else out
    return _method(x, weights, rows, columns).convolve(x, weights, bias, rows, columns, y)


@kernel(reference=convolution_parameter_gradients_reference)
def convolution_parameter_gradients(x, dy, d_weights, d_bias, rows: Window, columns: Window) -> None:
    """Write the gradients of weights and bias (which may be None) from x ``(n, h, w, c)`` and dy ``(n, oh, ow, f)``."""
    d_weights[...], sums = _method(x, d_weights, rows, columns).parameter_gradients(
        x, dy, d_weights.shape, rows, columns
    )
    if d_bias is not None:
        d_bias[...] = sums


@kernel(reference=convolution_input_gradient_reference)
def convolution_input_gradient(dy, weights, rows: Window, columns: Window, out=None) -> np.ndarray:
    """Return dx ``(n, h, w, c)`` from dy ``(n, oh, ow, f)``.

    With stride one this is also a convolution, of dy with the weights rotated by 180° (see :meth:`Window.turned`).
    """
    dx = np.empty((len(dy), rows.length, columns.length, weights.shape[2]), dy.dtype) if out is None else out
    if _method(dy, weights, rows, columns) is winograd:
        rotated = np.ascontiguousarray(weights[::-1, ::-1].swapaxes(2, 3))
        return winograd.convolve(dy, rotated, None, rows.turned(), columns.turned(), dx)
    return direct.input_gradient(dy, weights, rows, columns, dx)


def _method(x: np.ndarray, weights: np.ndarray, rows: Window, columns: Window):
    """Return the module that implements this convolution."""
    if config.convolution not in ("winograd", "direct"):
        raise ValueError(f"nn.config.convolution must be 'winograd' or 'direct', got {config.convolution!r}")
    return winograd if config.convolution == "winograd" and winograd.applies(x, weights, rows, columns) else direct
