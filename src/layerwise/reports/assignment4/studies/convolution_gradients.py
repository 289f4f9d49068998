"""Backpropagation through convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.nn.kernels.convolution_geometry import Window
from layerwise.nn.kernels.convolution_geometry import window as window_of
from layerwise.reports.assignment4.shared import by_matrix, by_windows
from layerwise.reports.inputs import Data, named
from layerwise.reports.numerical_gradient import central_differences, relative_error


def kernel_gradient(x: np.ndarray, dy: np.ndarray, size: int) -> np.ndarray:
    """Return ``dW[u, v] = Σᵢⱼ X[i + u, j + v]ᵀ dY[i, j]``, summed over all positions, as the weights are shared."""
    rows, columns = dy.shape[1:3]
    return np.array(
        [
            [np.tensordot(x[:, u : u + rows, v : v + columns], dy, ((0, 1, 2), (0, 1, 2))) for v in range(size)]
            for u in range(size)
        ]
    )


def input_gradient(dy: np.ndarray, w: np.ndarray, turned: bool = True) -> np.ndarray:
    """Return ``dX[i, j] = Σᵤᵥ dY[i − u, j − v] W[u, v]ᵀ``: zero-padded dY, convolved with W rotated by 180°.

    ``turned=False`` omits the rotation, a common mistake.
    """
    pad = len(w) - 1
    padded = np.pad(dy, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    return by_windows(padded, (w[::-1, ::-1] if turned else w).swapaxes(2, 3))


def strided_input_gradient(dy: np.ndarray, w: np.ndarray, stride: int, window: Window) -> np.ndarray:
    """Return the input gradient of a convolution with stride and padding, for square images.

    ``stride - 1`` zeros are inserted between the entries of dY; then it is the gradient of stride 1, without the rows
    and columns that belong to the padding.
    """
    n, rows, columns, filters = dy.shape
    spread = np.zeros((n, (rows - 1) * stride + 1, (columns - 1) * stride + 1, filters))
    spread[:, ::stride, ::stride] = dy
    padded = np.zeros((n, window.padded, window.padded, w.shape[2]))  # pixels that no window covers get no gradient
    reached = input_gradient(spread, w)
    padded[:, : reached.shape[1], : reached.shape[2]] = reached
    inside = slice(window.before, window.before + window.length)
    return padded[:, inside, inside]


def pooling_gradient(x: np.ndarray, dy: np.ndarray, size: int, shared: bool = False) -> np.ndarray:
    """Return the input gradient of max-pooling: dY at the maximum of each window, 0 elsewhere.

    ``shared=True`` is a common mistake: it spreads dY over the window, as for average pooling.
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
    """Compare the derived gradients, and two mistaken ones, with finite differences and with the framework's layers.

    Parameters
    ----------
    data : mapping
        Not used.
    seeds : int
        Number of random problems: 2 images of 6 × 6 pixels and 2 channels, 3 filters of 3 × 3, also with stride 2 and
        "same" padding, pooling over 2 × 2.
    step : float
        Step size of the central differences, in float64.

    Returns
    -------
    dict
        Relative errors (seeds,): ``error.<gradient>`` of the derived gradients against central differences,
        ``layer.<gradient>`` against the layers, ``wrong.<mistake>`` of two mistaken gradients against central
        differences. ``worked.<name>``: a small example, x (4, 4), w (2, 2), y (3, 3), dy (3, 3), dw (2, 2), dx (4, 4);
        pooled (2, 2), dpooled (2, 2), dunpooled (4, 4).
    """
    error: dict[str, list[float]] = {name: [] for name in ("kernel", "input", "strided", "pooling")}
    layer: dict[str, list[float]] = {name: [] for name in error}
    wrong: dict[str, list[float]] = {"not turned": [], "shared": []}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=(2, 6, 6, 2)), rng.normal(size=(3, 3, 2, 3))
        dy, dpooled = rng.normal(size=(2, 4, 4, 3)), rng.normal(size=(2, 3, 3, 2))
        dstrided, window = rng.normal(size=(2, 3, 3, 3)), window_of(6, 3, 2, "same")
        derived = [
            kernel_gradient(x, dy, 3),
            input_gradient(dy, w),
            strided_input_gradient(dstrided, w, 2, window),
            pooling_gradient(x, dpooled, 2),
        ]
        measured = [
            central_differences(w, lambda: float((by_matrix(x, w) * dy).sum()), step),  # noqa: B023
            central_differences(x, lambda: float((by_matrix(x, w) * dy).sum()), step),  # noqa: B023
            central_differences(x, lambda: float((_strided(x, w, 2, window) * dstrided).sum()), step),  # noqa: B023
            central_differences(x, lambda: float((_pooled(x, 2) * dpooled).sum()), step),  # noqa: B023
        ]
        layers = _by_framework(x, w, dy, dstrided, dpooled)
        for name, formula, numerical, framework in zip(error, derived, measured, layers):
            error[name].append(relative_error(formula, numerical))
            layer[name].append(relative_error(formula, framework))
        wrong["not turned"].append(relative_error(input_gradient(dy, w, turned=False), measured[1]))
        wrong["shared"].append(relative_error(pooling_gradient(x, dpooled, 2, shared=True), measured[-1]))
    return {
        **named("error", error, error.values()),
        **named("layer", layer, layer.values()),
        **named("wrong", wrong, wrong.values()),
        **{f"worked.{name}": array for name, array in _worked().items()},
    }


def _pooled(x: np.ndarray, size: int) -> np.ndarray:
    n, rows, columns, channels = x.shape
    return x.reshape(n, rows // size, size, columns // size, size, channels).max(axis=(2, 4))


def _strided(x: np.ndarray, w: np.ndarray, stride: int, window: Window) -> np.ndarray:
    """Return every ``stride``-th output of the convolution of zero-padded square images."""
    pad = (window.before, window.after)
    return by_matrix(np.pad(x, ((0, 0), pad, pad, (0, 0))), w)[:, ::stride, ::stride]


def _by_framework(
    x: np.ndarray, w: np.ndarray, dy: np.ndarray, dstrided: np.ndarray, dpooled: np.ndarray
) -> Sequence[np.ndarray]:
    """Return the same four gradients computed by the layers of `nn`."""
    dx = []
    strided = nn.Conv2D(w.shape[-1], len(w), 2, "same", use_bias=False, dtype="float64")
    convolution = nn.Conv2D(w.shape[-1], len(w), use_bias=False, dtype="float64")
    for layer, gradient in ((convolution, dy), (strided, dstrided)):
        layer.build(x.shape)
        layer.set_weights([w])
        layer.forward(x, training=True)
        dx.append(layer.backward(gradient))
    pooling = nn.MaxPooling2D(2, dtype="float64")
    pooling.build(x.shape)
    pooling.forward(x, training=True)
    return convolution.grads["kernel"], *dx, pooling.backward(dpooled)


def _worked() -> dict[str, np.ndarray]:
    """Return a small convolution and a small max-pooling with integer values, forward and backward."""
    x = np.array([[1.0, 2, 0, 1], [0, 1, 3, 1], [2, 0, 1, 0], [1, 1, 0, 2]])
    w = np.array([[1.0, 2], [-1, 0]])
    dy = np.array([[1.0, 0, 0], [0, 0, 2], [0, -1, 0]])
    image, kernel, gradient = x[None, :, :, None], w[:, :, None, None], dy[None, :, :, None]
    dpooled = np.array([[1.0, 2], [3, 4]])
    return {
        "x": x,
        "w": w,
        "y": by_matrix(image, kernel)[0, :, :, 0],
        "dy": dy,
        "dw": kernel_gradient(image, gradient, 2)[:, :, 0, 0],
        "dx": input_gradient(gradient, kernel)[0, :, :, 0],
        "pooled": _pooled(image, 2)[0, :, :, 0],
        "dpooled": dpooled,
        "dunpooled": pooling_gradient(image, dpooled[None, :, :, None], 2)[0, :, :, 0],
    }
