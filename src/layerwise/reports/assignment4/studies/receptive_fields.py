"""Receptive fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from layerwise import nn
from layerwise.nn.layers.base import Layer
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained

Field = tuple[int, int]
WINDOWED = (nn.Conv2D, nn.MaxPooling2D, nn.AveragePooling2D)


def run(data: Data, runs: Mapping[str, Trained], images: int = 100) -> dict[str, np.ndarray]:
    """Compute the receptive field of each layer by the formula, and measure it in a trained network by backpropagation.

    The gradient at the central position of a layer's output, summed over its channels, is propagated back to the
    pixels. Where its absolute value, averaged over images, is zero up to rounding, the pixel does not influence the
    output.

    Parameters
    ----------
    data : mapping
        One dataset of square images.
    runs : mapping
        The runs of convolutional networks on it, of which the first run of each is used.
    images : int
        Number of validation images.

    Returns
    -------
    dict
        For each experiment, one value per layer with windows, or that contains some: ``layer.…``, its index;
        ``field.…`` and ``jump.…``, the side of the receptive field and the distance between those of neighboring
        positions, in pixels, by the formula; ``measured.…``, the side of the square of pixels with a gradient.
        ``map.…`` (layers, height, width), the mean absolute gradient, at most 1.
    """
    [splits] = data.values()
    x = splits["validation"][0][:images]
    result: dict[str, np.ndarray] = {}
    for name, trained in runs.items():
        experiment, model = name.partition("/")[0], next(trained.models())
        rows = []
        field: Field = (1, 1)
        for index, layer in enumerate(model.layers):
            if isinstance(layer, (*WINDOWED, nn.Residual)):
                field = receptive_field([layer], field)
                sensitivity = central_gradient(model.layers[: index + 1], x)
                rows.append((index, *field, extent(sensitivity), sensitivity / sensitivity.max()))
        for key, values in zip(("layer", "field", "jump", "measured", "map"), zip(*rows)):
            result[f"{key}.{experiment}"] = np.array(values)
    return result


def receptive_field(layers: Iterable[Layer], start: Field = (1, 1)) -> Field:
    """Return the side of the receptive field and the jump, in pixels, after further layers.

    A window of k inputs reaches k − 1 jumps farther than one input; a stride multiplies the jump. A residual block has
    the larger field of its two paths.
    """
    field, jump = start
    for layer in layers:
        if isinstance(layer, nn.Residual):
            paths = [receptive_field(path, (field, jump)) for path in (layer.branch, layer.shortcut)]
            field, jump = max(paths)
        elif isinstance(layer, WINDOWED):
            size = layer.kernel_size if isinstance(layer, nn.Conv2D) else layer.pool_size
            field, jump = field + (size[0] - 1) * jump, jump * layer.strides[0]
    return field, jump


def central_gradient(layers: list[Layer], x: np.ndarray) -> np.ndarray:
    """Return the mean absolute gradient ``(height, width)`` of the outputs at the central position."""
    y = x
    for layer in layers:
        y = layer.forward(y, False)
    dy = np.zeros_like(y)
    dy[:, y.shape[1] // 2, y.shape[2] // 2] = 1
    for layer in reversed(layers):
        layer.needs_input_gradient = True
        dy = layer.backward(dy)  # type: ignore[assignment]  # the pixels are floats
    return np.abs(dy).mean(axis=(0, 3))


def extent(sensitivity: np.ndarray) -> int:
    """Return the side of the smallest square that contains all entries above the rounding error of float32."""
    reached = sensitivity > 1e-6 * sensitivity.max()  # Winograd's convolution leaves rounding errors beyond the window
    return max(int(np.ptp(np.flatnonzero(reached.any(axis=axis)))) + 1 for axis in (0, 1))
