"""Backpropagation through convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.assignment4.shared import by_matrix, by_windows
from layerwise.reports.inputs import Data, named
from layerwise.reports.numerical_gradient import central_differences, relative_error


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
    return by_windows(around, (w[::-1, ::-1] if turned else w).swapaxes(2, 3))


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


def run(data: Data, seeds: int = 10, step: float = 1e-5) -> dict[str, np.ndarray]:
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
            central_differences(w, lambda: float((by_matrix(x, w) * dy).sum()), step),  # noqa: B023
            central_differences(x, lambda: float((by_matrix(x, w) * dy).sum()), step),  # noqa: B023
            central_differences(x, lambda: float((_pooled(x, 2) * dpooled).sum()), step),  # noqa: B023
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
        "y": by_matrix(image, kernel)[0, :, :, 0],
        "dy": dy,
        "dw": kernel_gradient(image, slope, 2)[:, :, 0, 0],
        "dx": input_gradient(slope, kernel)[0, :, :, 0],
        "pooled": _pooled(image, 2)[0, :, :, 0],
        "dpooled": dpooled,
        "dunpooled": pooling_gradient(image, dpooled[None, :, :, None], 2)[0, :, :, 0],
    }
