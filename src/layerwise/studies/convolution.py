"""Convolution and max-pooling by hand: kernels set by hand, loops, sizes, and the gradients of the derivation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from layerwise import nn
from layerwise.data.installed import package_path
from layerwise.studies.backpropagation import relative_error
from layerwise.studies.inputs import Data, named

_SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 4
_LAPLACE = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
KERNELS = {
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]) - _LAPLACE,
    "vertical edges": _SOBEL,
    "horizontal edges": _SOBEL.T,
    "all edges": _LAPLACE,
}


def forward(data: Data, block: int = 4, seeds: int = 5, longest: int = 12) -> dict[str, np.ndarray]:
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


# --- one convolution, four ways: x (n, h, w, c), w (k, k, c, f) → y (n, h - k + 1, w - k + 1, f) ------------------


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


def _by_windows(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    k = len(w)
    rows, columns = x.shape[1] - k + 1, x.shape[2] - k + 1
    y = np.empty((len(x), rows, columns, w.shape[-1]))
    for i, j in product(range(rows), range(columns)):
        y[:, i, j] = np.tensordot(x[:, i : i + k, j : j + k], w, 3)
    return y


def _by_matrix(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    windows = sliding_window_view(x, w.shape[:2], (1, 2)).transpose(0, 1, 2, 4, 5, 3)
    rows = windows.reshape(*windows.shape[:3], -1)
    return rows @ w.reshape(-1, w.shape[-1])


def _by_layer(x: np.ndarray, w: np.ndarray, padding: str = "valid") -> np.ndarray:
    layer = nn.Conv2D(w.shape[-1], len(w), padding=padding, use_bias=False, dtype="float64")
    layer.build(x.shape)
    layer.set_weights([w])
    return layer.forward(np.ascontiguousarray(x, dtype=np.float64))


WAYS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "loops": _by_loops,
    "windows": _by_windows,
    "matrix": _by_matrix,
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


# --- the gradients of the derivation, formula by formula ----------------------------------------------------------


def kernel_gradient(x: np.ndarray, dy: np.ndarray, size: int) -> np.ndarray:
    """Return ``dW[u, v] = Σᵢⱼ X[i + u, j + v]ᵀ dY[i, j]``: each weight met every place."""
    rows, columns = dy.shape[1:3]
    return np.array(
        [
            [np.tensordot(x[:, u : u + rows, v : v + columns], dy, ((0, 1, 2), (0, 1, 2))) for v in range(size)]
            for u in range(size)
        ]
    )


def input_gradient(dy: np.ndarray, w: np.ndarray, turned: bool = True) -> np.ndarray:
    """Return ``dX[i, j] = Σᵤᵥ dY[i − u, j − v] W[u, v]ᵀ``: dY with a rim of zeros, convolved with W turned round."""
    rim = len(w) - 1
    around = np.pad(dy, ((0, 0), (rim, rim), (rim, rim), (0, 0)))
    return _by_windows(around, (w[::-1, ::-1] if turned else w).swapaxes(2, 3))


def pooling_gradient(x: np.ndarray, dy: np.ndarray, size: int, shared: bool = False) -> np.ndarray:
    """Return the gradient at the input of max-pooling: dY where each window's largest value stood, 0 elsewhere.

    ``shared`` is a mistake: it gives every value of the window its part, as if the mean had been taken.
    """
    dx = np.zeros_like(x)
    for n, i, j, c in np.ndindex(dy.shape):
        window = x[n, i * size : (i + 1) * size, j * size : (j + 1) * size, c]
        u, v = np.unravel_index(window.argmax(), window.shape)
        if shared:
            dx[n, i * size : (i + 1) * size, j * size : (j + 1) * size, c] += dy[n, i, j, c] / size**2
        else:
            dx[n, i * size + u, j * size + v, c] += dy[n, i, j, c]
    return dx


def backward(data: Data, seeds: int = 10, step: float = 1e-5) -> dict[str, np.ndarray]:
    """Hold the derived gradients to finite differences and to the framework's layers, and let mistakes be caught.

    Parameters
    ----------
    data : mapping
        Nothing is read.
    seeds : int
        Random problems: 2 images of 6 × 6 pixels and 2 channels, 3 filters of 3 × 3, pooling over 2 × 2.
    step : float
        Of the central differences, in float64.

    Returns
    -------
    dict
        ``error.<gradient>`` (seeds,): relative error of the formulas against differences, ``layer.<gradient>`` (seeds,)
        against the layers; ``wrong.<mistake>`` (seeds,) of two mistakes. ``worked.<name>``: a small example, x (4, 4),
        w (2, 2), y, dy (3, 3), dw, dx; pooled (2, 2), dpooled, dunpooled (4, 4).
    """
    error: dict[str, list[float]] = {name: [] for name in ("kernel", "input", "pooling")}
    layer: dict[str, list[float]] = {name: [] for name in error}
    wrong: dict[str, list[float]] = {"not turned": [], "shared": []}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=(2, 6, 6, 2)), rng.normal(size=(3, 3, 2, 3))
        dy, dpooled = rng.normal(size=(2, 4, 4, 3)), rng.normal(size=(2, 3, 3, 2))
        derived = [kernel_gradient(x, dy, 3), input_gradient(dy, w), pooling_gradient(x, dpooled, 2)]
        measured = [
            _differences(w, lambda: float((_by_matrix(x, w) * dy).sum()), step),  # noqa: B023
            _differences(x, lambda: float((_by_matrix(x, w) * dy).sum()), step),  # noqa: B023
            _differences(x, lambda: float((_pooled(x, 2) * dpooled).sum()), step),  # noqa: B023
        ]
        for name, ours, theirs, own in zip(error, derived, measured, _by_framework(x, w, dy, dpooled)):
            error[name].append(relative_error(ours, theirs))
            layer[name].append(relative_error(ours, own))
        wrong["not turned"].append(relative_error(input_gradient(dy, w, turned=False), measured[1]))
        wrong["shared"].append(relative_error(pooling_gradient(x, dpooled, 2, shared=True), measured[2]))
    return {
        **named("error", error, error.values()),
        **named("layer", layer, layer.values()),
        **named("wrong", wrong, wrong.values()),
        **{f"worked.{name}": array for name, array in _worked().items()},
    }


def _pooled(x: np.ndarray, size: int) -> np.ndarray:
    n, rows, columns, channels = x.shape
    return x.reshape(n, rows // size, size, columns // size, size, channels).max(axis=(2, 4))


def _differences(values: np.ndarray, loss: Callable[[], float], step: float) -> np.ndarray:
    """Return the central difference of the loss for each number of an array, which is changed in place and put back."""
    slopes = np.empty_like(values)
    for place in np.ndindex(values.shape):
        kept = values[place]
        losses = []
        for sign in (1, -1):
            values[place] = kept + sign * step
            losses.append(loss())
        values[place] = kept
        slopes[place] = (losses[0] - losses[1]) / (2 * step)
    return slopes


def _by_framework(x: np.ndarray, w: np.ndarray, dy: np.ndarray, dpooled: np.ndarray) -> Sequence[np.ndarray]:
    """Return the same three gradients as the layers compute them."""
    convolution = nn.Conv2D(w.shape[-1], len(w), use_bias=False, dtype="float64")
    convolution.build(x.shape)
    convolution.set_weights([w])
    convolution.forward(x, training=True)
    dx = convolution.backward(dy)
    pooling = nn.MaxPooling2D(2, dtype="float64")
    pooling.build(x.shape)
    pooling.forward(x, training=True)
    return convolution.grads["kernel"], dx, pooling.backward(dpooled)


def _worked() -> dict[str, np.ndarray]:
    """Return one small convolution and one small max-pooling, forward and back, in whole numbers."""
    x = np.array([[1.0, 2, 0, 1], [0, 1, 3, 1], [2, 0, 1, 0], [1, 1, 0, 2]])
    w = np.array([[1.0, 2], [-1, 0]])
    dy = np.array([[1.0, 0, 0], [0, 0, 2], [0, -1, 0]])
    image, kernel, slope = x[None, :, :, None], w[:, :, None, None], dy[None, :, :, None]
    dpooled = np.array([[1.0, 2], [3, 4]])
    return {
        "x": x,
        "w": w,
        "y": _by_matrix(image, kernel)[0, :, :, 0],
        "dy": dy,
        "dw": kernel_gradient(image, slope, 2)[:, :, 0, 0],
        "dx": input_gradient(slope, kernel)[0, :, :, 0],
        "pooled": _pooled(image, 2)[0, :, :, 0],
        "dpooled": dpooled,
        "dunpooled": pooling_gradient(image, dpooled[None, :, :, None], 2)[0, :, :, 0],
    }
