"""The convolutional layer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from PIL import Image

from layerwise import nn
from layerwise.data.installed import package_path
from layerwise.reports.assignment4.shared import by_matrix, by_windows
from layerwise.reports.inputs import Data, named

_SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 4
_LAPLACE = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
KERNELS = {
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]) - _LAPLACE,
    "vertical edges": _SOBEL,
    "horizontal edges": _SOBEL.T,
    "all edges": _LAPLACE,
}


def run(data: Data, block: int = 4, seeds: int = 5, longest: int = 12) -> dict[str, np.ndarray]:
    """Apply hand-designed filters to a photograph, compare four implementations, and check the output sizes.

    Parameters
    ----------
    data : mapping
        Not used; the photograph is scikit-learn's china.jpg (by danielbuechele, CC BY 2.0).
    block : int
        The photograph is downsampled by averaging over ``block`` × ``block`` pixels.
    seeds : int
        Number of random inputs on which the implementations are compared.
    longest : int
        Output sizes are checked for inputs of length 1 to ``longest``, windows of 1 to 5 and strides of 1 to 3.

    Returns
    -------
    dict
        ``picture`` (h, w), ``kernel.<name>`` (3, 3), ``answer.<name>`` (h, w): photograph, kernels and filtered images;
        ``moved`` (kernels,): largest difference between the output of the shifted image and the shifted output.
        ``steps.<way>`` (): iterations of the Python loops; ``difference.<way>`` (seeds,): largest difference from the
        nested loops. ``miscounted`` (cases,): difference between an output size and the number of window positions,
        for both paddings.
    """
    picture = photograph(block)
    outputs, moved = [], []
    for kernel in KERNELS.values():
        output = _by_layer(picture[None, :, :, None], kernel[:, :, None, None], padding="same")[0, :, :, 0]
        rolled = np.roll(picture, (5, 8), (0, 1))
        shifted = _by_layer(rolled[None, :, :, None], kernel[:, :, None, None], padding="same")[0, :, :, 0]
        interior = (slice(7, -2), slice(10, -2))  # np.roll wraps around, so the pixels near the border differ
        moved.append(np.abs(shifted - np.roll(output, (5, 8), (0, 1)))[interior].max())
        outputs.append(output)
    steps, differences = _compare(seeds)
    return {
        "picture": picture,
        **named("kernel", KERNELS, KERNELS.values()),
        **named("answer", KERNELS, outputs),
        "moved": np.array(moved),
        **named("steps", WAYS, steps),
        **named("difference", WAYS, differences),
        "miscounted": np.concatenate([_size_errors(padding, longest) for padding in ("valid", "same")]),
    }


def photograph(block: int) -> np.ndarray:
    """Return scikit-learn's picture of a Chinese temple in gray levels from 0 to 1."""
    rgb = np.asarray(Image.open(package_path("sklearn", "datasets/images/china.jpg")))
    gray = rgb @ np.array([0.299, 0.587, 0.114]) / 255
    rows, columns = (size // block for size in gray.shape)
    return gray[: rows * block, : columns * block].reshape(rows, block, columns, block).mean(axis=(1, 3))


def _by_loops(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    k, _, channels, filters = w.shape
    n, rows, columns = len(x), x.shape[1] - k + 1, x.shape[2] - k + 1
    y = np.zeros((n, rows, columns, filters))
    for i, j, f, m in product(range(rows), range(columns), range(filters), range(n)):
        total = 0.0
        for u, v, c in product(range(k), range(k), range(channels)):
            total += x[m, i + u, j + v, c] * w[u, v, c, f]
        y[m, i, j, f] = total
    return y


def _by_layer(x: np.ndarray, w: np.ndarray, padding: str = "valid") -> np.ndarray:
    layer = nn.Conv2D(w.shape[-1], len(w), padding=padding, use_bias=False, dtype="float64")
    layer.build(x.shape)
    layer.set_weights([w])
    return layer.forward(np.ascontiguousarray(x, dtype=np.float64))


WAYS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "loops": _by_loops,
    "windows": by_windows,
    "matrix": by_matrix,
    "layer": _by_layer,
}


def _compare(seeds: int, x_shape=(2, 9, 8, 3), w_shape=(3, 3, 3, 4)) -> tuple[list[int], list[list[float]]]:
    """Return the loop iterations of each implementation, and its largest difference from the nested loops per seed."""
    outputs = (x_shape[1] - w_shape[0] + 1) * (x_shape[2] - w_shape[1] + 1)
    steps = [x_shape[0] * outputs * int(np.prod(w_shape)), outputs, 0, 0]
    differences: list[list[float]] = [[] for _ in WAYS]
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=x_shape), rng.normal(size=w_shape)
        reference = _by_loops(x, w)
        for values, convolve in zip(differences, WAYS.values()):
            values.append(float(np.abs(convolve(x, w) - reference).max()))
    return steps, differences


def _size_errors(padding: str, longest: int) -> np.ndarray:
    """Return, per combination of length, window and stride, the output size's distance from the number of positions."""
    errors = []
    for length, size, stride in product(range(1, longest + 1), range(1, 6), range(1, 4)):
        starts = [start for start in range(0, length, stride) if padding == "same" or start + size <= length]
        if starts:
            layer = nn.Conv1D(1, size, strides=stride, padding=padding)
            errors.append(abs(layer.compute_output_shape((None, length, 1))[1] - len(starts)))
    return np.array(errors)
