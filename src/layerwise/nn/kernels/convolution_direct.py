"""Convolution with any stride and dilation as one matrix product (im2col): the windows as rows, times the kernel.

Copying every window (Chellapilla, Puri & Simard 2006) takes ``kh · kw`` times the memory of the images, so a few images
are processed at a time. A column of ones after the windows makes the bias an extra row of the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from layerwise.nn.kernels.convolution_geometry import Window
from layerwise.nn.kernels.products import product

_BYTES = 1 << 20  # size of the windows of one chunk; half of it fits in the L2 cache together with the output
_MANY_CHANNELS = 8  # from this number on, adding pixel by pixel is fast enough
_FEW_CHANNELS = 6  # below this number, copying along the image rows is faster than along the channels


def _chunks(batch: int, bytes_per_image: int) -> Iterator[slice]:
    size = max(1, _BYTES // max(1, bytes_per_image))
    return (slice(start, min(start + size, batch)) for start in range(0, batch, size))


def _padded(x: np.ndarray, rows: Window, columns: Window) -> np.ndarray:
    """Return the images with zero padding, or the images themselves if there is no padding."""
    if (rows.padded, columns.padded) == x.shape[1:3]:
        return x
    padded = np.zeros((len(x), rows.padded, columns.padded, x.shape[3]), x.dtype)
    _inside(padded, rows, columns)[...] = x
    return padded


def _inside(padded: np.ndarray, rows: Window, columns: Window) -> np.ndarray:
    """Return the view of the images without their padding."""
    return padded[:, rows.before : rows.before + rows.length, columns.before : columns.before + columns.length]


def _windows(x: np.ndarray, rows: Window, columns: Window) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield chunks of images and their windows ``(output pixels, kh · kw · c + 1)``; the last column is ones."""
    batch, _, _, channels = x.shape
    taps = rows.size * columns.size * channels
    for images in _chunks(batch, x.itemsize * taps * rows.count * columns.count):
        n = images.stop - images.start
        padded = _padded(x[images], rows, columns)
        image, row, column, item = padded.strides
        source = as_strided(
            padded,
            (n, rows.count, columns.count, rows.size, columns.size, channels),
            (image, row * rows.stride, column * columns.stride, row * rows.dilation, column * columns.dilation, item),
        )
        pixels = n * rows.count * columns.count
        if channels < _FEW_CHANNELS:
            windows = np.empty((taps + 1, pixels), x.dtype).T
            windows.T[:taps].reshape(*source.shape[3:], *source.shape[:3])[...] = source.transpose(3, 4, 5, 0, 1, 2)
        else:
            windows = np.empty((pixels, taps + 1), x.dtype)
            windows[:, :taps].reshape(source.shape)[...] = source
        windows[:, taps] = 1
        yield images, windows


def convolve(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, rows: Window, columns: Window, y: np.ndarray
) -> np.ndarray:
    """Write the convolution of x ``(n, h, w, c)`` with the kernel ``(kh, kw, c, f)``, plus the bias, into y."""
    filters = kernel.shape[-1]
    bias = np.zeros(filters, kernel.dtype) if bias is None else bias
    matrix = np.concatenate([kernel.reshape(-1, filters), bias[None]])
    for images, windows in _windows(x, rows, columns):
        product.fast(windows, matrix, y[images].reshape(-1, filters))
    return y


def parameter_gradients(
    x: np.ndarray, dy: np.ndarray, kernel_shape: tuple[int, ...], rows: Window, columns: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of kernel and bias: ``windowsᵀ dy`` and ``Σ dy``."""
    filters = kernel_shape[-1]
    total = np.zeros((np.prod(kernel_shape[:3], dtype=int) + 1, filters), dy.dtype)
    for images, windows in _windows(x, rows, columns):
        total += windows.T @ dy[images].reshape(-1, filters)
    return total[:-1].reshape(kernel_shape), total[-1]


def input_gradient(dy: np.ndarray, kernel: np.ndarray, rows: Window, columns: Window, dx: np.ndarray) -> np.ndarray:
    """Write the input gradient into dx: ``dy kernelᵀ``, with each tap added where its window read (col2im).

    With few channels, the pixels of a tap are first copied into a contiguous array, so that whole rows are added at
    once.
    """
    kh, kw, channels, filters = kernel.shape
    matrix = kernel.reshape(-1, filters).T
    unpadded = (rows.padded, columns.padded) == dx.shape[1:3]
    copy_taps = 1 < channels < _MANY_CHANNELS and columns.stride == 1
    pixel = np.dtype((np.void, channels * dy.itemsize)) if copy_taps else None
    for images in _chunks(len(dy), dy.itemsize * matrix.shape[1] * rows.count * columns.count):
        products = dy[images].reshape(-1, filters) @ matrix
        n = images.stop - images.start
        parts = products.reshape(n, rows.count, columns.count, kh, kw, channels)
        if pixel is not None:
            pixels = products.view(pixel).reshape(parts.shape[:-1])
            part = np.empty((n, rows.count, columns.count, channels), dy.dtype)
        if unpadded:
            padded = dx[images]
            padded[...] = 0
        else:
            padded = np.zeros((n, rows.padded, columns.padded, channels), dy.dtype)
        for i in range(kh):
            for j in range(kw):
                if pixel is None:
                    part = parts[:, :, :, i, j]
                else:
                    part.view(pixel)[..., 0] = pixels[:, :, :, i, j]
                padded[:, rows.tap(i), columns.tap(j)] += part
        if not unpadded:
            dx[images] = _inside(padded, rows, columns)
    return dx
