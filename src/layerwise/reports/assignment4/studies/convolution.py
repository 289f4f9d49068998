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
    """Convolve a photograph with kernels set by hand, compute one convolution in four ways, and count output sizes.

    Parameters
    ----------
    data : mapping
        Nothing is read: the photograph comes with scikit-learn (china.jpg, danielbuechele, CC BY 2.0).
    block : int
        The photograph is reduced by averaging squares of so many pixels.
    seeds : int
        Random images and filters on which the ways are compared.
    longest : int
        Sizes are counted for inputs of length 1 to this, windows of 1 to 5, strides of 1 to 3.

    Returns
    -------
    dict
        ``picture`` (h, w), ``kernel.<name>`` (3, 3), ``answer.<name>`` (h, w); ``moved`` (kernels,): the largest
        difference between the answer to the moved picture and the moved answer. ``steps.<way>`` (): passes of the
        Python loops, ``difference.<way>`` (seeds,) to the innermost loops. ``miscounted``
        (cases,): by how much an output size differs from the count, both paddings.
    """
    picture = photograph(block)
    answers, moved = [], []
    for kernel in KERNELS.values():
        answer = _by_layer(picture[None, :, :, None], kernel[:, :, None, None], padding="same")[0, :, :, 0]
        again = _by_layer(np.roll(picture, (5, 8), (0, 1))[None, :, :, None], kernel[:, :, None, None], padding="same")
        inside = (slice(7, -2), slice(10, -2))  # the rim meets other pixels where the picture wraps round
        moved.append(np.abs(again[0, :, :, 0] - np.roll(answer, (5, 8), (0, 1)))[inside].max())
        answers.append(answer)
    steps, differences = _compared(seeds)
    return {
        "picture": picture,
        **named("kernel", KERNELS, KERNELS.values()),
        **named("answer", KERNELS, answers),
        "moved": np.array(moved),
        **named("steps", WAYS, steps),
        **named("difference", WAYS, differences),
        "miscounted": np.concatenate([_miscounted(padding, longest) for padding in ("valid", "same")]),
    }


def photograph(block: int) -> np.ndarray:
    """Return scikit-learn's picture of a Chinese temple in grey levels from 0 to 1."""
    colours = np.asarray(Image.open(package_path("sklearn", "datasets/images/china.jpg")))
    grey = colours @ np.array([0.299, 0.587, 0.114]) / 255
    rows, columns = (size // block for size in grey.shape)
    return grey[: rows * block, : columns * block].reshape(rows, block, columns, block).mean(axis=(1, 3))


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


def _compared(seeds: int, x_shape=(2, 9, 8, 3), w_shape=(3, 3, 3, 4)) -> tuple[list[int], list[list[float]]]:
    """Return for each way the passes of its Python loops, and its largest difference to the innermost loops."""
    outputs = (x_shape[1] - w_shape[0] + 1) * (x_shape[2] - w_shape[1] + 1)
    steps = [x_shape[0] * outputs * int(np.prod(w_shape)), outputs, 0, 0]
    differences: list[list[float]] = [[] for _ in WAYS]
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=x_shape), rng.normal(size=w_shape)
        reference = _by_loops(x, w)
        for found, way in zip(differences, WAYS.values()):
            found.append(float(np.abs(way(x, w) - reference).max()))
    return steps, differences


def _miscounted(padding: str, longest: int) -> np.ndarray:
    """Return, for many lengths, windows and strides, how far the layer's size is from the places a window can start."""
    wrong = []
    for length, size, stride in product(range(1, longest + 1), range(1, 6), range(1, 4)):
        starts = [at for at in range(0, length, stride) if padding == "same" or at + size <= length]
        if starts:
            layer = nn.Conv1D(1, size, strides=stride, padding=padding)
            wrong.append(abs(layer.compute_output_shape((None, length, 1))[1] - len(starts)))
    return np.array(wrong)
