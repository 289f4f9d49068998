"""Convolution with three-row kernels and stride one in half the multiplications: Winograd's F(4, 3) along the height.

Four outputs of a correlation with three taps ``g`` need six products instead of twelve (Lavin & Gray 2016, *Fast
algorithms for convolutional neural networks*, section 4): ``y = Aᵀ [(G g) ⊙ (Bᵀ d)]`` for six inputs ``d``. Here ``d``
are six rows of an image and each ``⊙`` is a matrix product over the columns of the kernel and the channels. An image
is transformed to six *planes* ``Bᵀ d`` with one row per four rows of output, each plane is convolved with one row of
the transformed kernel ``G g``, and ``Aᵀ`` maps the six results to four rows of output.

A plane is stored as one long list of pixels: the zeros at the end of a row are also the padding at the start of the
next, so the windows of ``width`` pixels need no copy. Windows that start at every ``width``-th pixel are contiguous,
which makes them the rows of a matrix.

A few images are processed at a time, so that the planes stay in the cache and each matrix product has less than a
million multiplications, which OpenBLAS computes without packing the operands. float32 only: the error is about 1e-5 of
the output's scale, three times that of the direct sum.
"""

from __future__ import annotations

import numpy as np

from layerwise.nn.kernels.convolution_geometry import Window
from layerwise.nn.kernels.products import ones

_BT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    np.float32,
)
_G = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ],
    np.float32,
)
# The seventh column adds the bias, which is stored as a seventh plane.
_AT = np.array(
    [[1, 1, 1, 1, 1, 0, 1], [0, 1, -1, 2, -2, 0, 1], [0, 1, 1, 4, 4, 0, 1], [0, 1, -1, 8, -8, 1, 1]], np.float32
)
_A = np.ascontiguousarray(_AT[:, :6].T)

_PRODUCT = 1_000_000  # multiplications in one matrix product
_MOST_IMAGES = 16


def applies(x: np.ndarray, kernel: np.ndarray, rows: Window, columns: Window) -> bool:
    """Return whether this module can compute the convolution: float32, three rows, stride and dilation one.

    From one channel to many filters, transforming the output takes most of the time, and the direct method is faster.
    """
    channels, filters = kernel.shape[2:]
    return (
        (channels > 1 or filters < 16)
        and x.dtype == np.float32
        and kernel.dtype == np.float32
        and rows.size == 3
        and (rows.stride, rows.dilation, columns.stride, columns.dilation) == (1, 1, 1, 1)
    )


def _view(memory: np.ndarray, shape: tuple[int, ...], strides: tuple[int, ...]) -> np.ndarray:
    """Return a strided view of an array, like ``as_strided`` at a tenth of its overhead."""
    return np.ndarray(shape, memory.dtype, memory, 0, strides)


class _Planes:
    """Working memory for the transformed images of one chunk, and the tiling of images of any size."""

    def __init__(self, rows: Window, columns: Window, channels: int, filters: int, batch: int) -> None:
        self.rows, self.columns = rows, columns
        self.tiles = -(-rows.count // 4)
        self.pitch = columns.length + max(columns.before, columns.after)
        pixels = self.tiles * self.pitch
        self.images = max(1, min(batch, _MOST_IMAGES, _PRODUCT // (pixels * channels * filters)))
        self.padded = np.zeros((self.images, 4 * self.tiles + 2, self.pitch, channels), np.float32)
        image, row, _, item = self.padded.strides
        self.six_rows = _view(
            self.padded, (self.images, self.tiles, 6, self.pitch * channels), (image, 4 * row, row, item)
        )
        self.x, self.x_tiles = self.planes(6, channels)

    def planes(self, count: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
        """Return planes as lists of pixels, zero-padded at the end, and their view (images, tiles, planes, row)."""
        pixels = self.images * self.tiles * self.pitch
        planes = np.empty((count, pixels + self.columns.size - 1, channels), np.float32)
        planes[:, pixels:] = 0
        by_tile = planes[:, :pixels].reshape(count, self.images, self.tiles, self.pitch * channels)
        return planes, by_tile.transpose(1, 2, 0, 3)

    def chunks(self, batch: int) -> list[tuple[slice, int, int]]:
        """Return (slice of the batch, number of images, pixels per plane) for every chunk."""
        starts = range(0, batch, self.images)
        counts = [min(self.images, batch - start) for start in starts]
        return [(slice(start, start + n), n, n * self.tiles * self.pitch) for start, n in zip(starts, counts)]

    def transform(self, x: np.ndarray) -> None:
        """Pad the images ``x`` of one chunk and write their six planes ``Bᵀ d``."""
        n = len(x)
        top, left = self.rows.before, self.columns.before
        self.padded[:n, top : top + self.rows.length, left : left + self.columns.length] = x
        np.matmul(_BT, self.six_rows[:n], out=self.x_tiles[:n])

    def four_rows(self, y: np.ndarray) -> list[tuple[slice, np.ndarray]]:
        """Split the images ``y`` of one chunk into tiles of four rows and a last tile with the remaining rows."""
        n, count, width, channels = y.shape
        whole = count // 4
        parts = [(slice(0, whole), y[:, : 4 * whole].reshape(n, whole, 4, width * channels))]
        if count % 4:
            parts.append((slice(whole, None), y[:, 4 * whole :].reshape(n, 1, count % 4, width * channels)))
        return parts


def convolve(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, rows: Window, columns: Window, y: np.ndarray
) -> np.ndarray:
    """Write the convolution of x ``(n, h, w, c)`` with the kernel ``(3, width, c, f)``, plus the bias, into y."""
    width, channels, filters = kernel.shape[1:]
    taps = np.matmul(_G, kernel.reshape(3, -1)).reshape(6, width * channels, filters)
    work = _Planes(rows, columns, channels, filters, len(x))
    products, product_tiles = work.planes(6 if bias is None else 7, filters)
    if bias is not None:
        products[6] = bias
    inverse = _AT[:, : len(products)]
    row = columns.count * filters
    for images, n, pixels in work.chunks(len(x)):
        work.transform(x[images])
        for first in range(min(width, pixels)):
            count = -(-(pixels - first) // width)
            span = slice(first, first + count * width)
            windows = work.x[:, span].reshape(6, count, width * channels)
            np.matmul(windows, taps, out=products[:6, first:pixels:width])
        for tiles, four in work.four_rows(y[images]):
            np.matmul(inverse[: four.shape[2]], product_tiles[:n, tiles, :, :row], out=four)
    return y


def parameter_gradients(
    x: np.ndarray, dy: np.ndarray, kernel_shape: tuple[int, ...], rows: Window, columns: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of kernel and bias: ``Gᵀ Σ (Bᵀ d)ᵀ (A dy)`` and ``Σ dy``."""
    width, channels, filters = kernel_shape[1:]
    work = _Planes(rows, columns, channels, filters, len(x))
    outer, outer_tiles = work.planes(6, filters)
    row = columns.count * filters
    outer_tiles[..., row:] = 0  # the padding pixels at the end of a row have no gradient
    plane, pixel, item = work.x.strides
    windows = _view(
        work.x, (6, width, channels, work.x.shape[1] - width + 1), (plane, pixel, item, pixel)
    )  # the transposed windows: (planes, columns of the kernel, channels, pixels)
    product = np.empty((6, width, channels, filters), np.float32)
    d_taps, d_bias = np.zeros_like(product), np.zeros(filters, np.float32)
    for images, n, pixels in work.chunks(len(x)):
        work.transform(x[images])
        for tiles, four in work.four_rows(dy[images]):
            np.matmul(_A[:, : four.shape[2]], four, out=outer_tiles[:n, tiles, :, :row])
        np.matmul(windows[..., :pixels], outer[:, None, :pixels], out=product)
        d_taps += product
        d_bias += ones(pixels, outer.dtype) @ outer[1, :pixels]  # the second row of A is all ones
    return np.matmul(_G.T, d_taps.reshape(6, -1)).reshape(kernel_shape), d_bias
