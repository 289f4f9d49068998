"""Xavier (Glorot) and He initialization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.assignment2.shared import ACTIVATIONS, root_mean_square, standardized
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    initializations: Sequence[str | float] = ("small", "glorot", "he", "large"),
    activations: Sequence[str] = ACTIVATIONS,
    depth: int = 6,
    width: int = 100,
    seeds: int = 10,
) -> dict[str, np.ndarray]:
    """Run one forward and one backward pass through untrained deep networks.

    Returns
    -------
    dict
        ``signal.<activation>.<initialization>`` (seeds, depth), the standard deviation of the units of each hidden
        layer; ``gradient.…`` (seeds, depth + 1), the root mean square of the gradient of each layer's weights.
    """
    x, y = only(data)["train"]
    x = standardized(x)
    t = batched_networks.targets(y, int(y.max()) + 1)
    result = {}
    for activation in activations:
        for name in initializations:
            sizes = [x.shape[1], *[width] * depth, t.shape[-1]]
            parameters = batched_networks.start(sizes, name, range(seeds))
            layers = batched_networks.activations(parameters, x, activation)
            dz = (batched_networks.output(layers[-1]) - t) / np.float32(len(x))
            gradient, _ = batched_networks.gradients(parameters, layers, dz, activation)
            key = f"{activation}.{name}"
            result[f"signal.{key}"] = np.stack([layer.std(axis=(1, 2)) for layer in layers[1:-1]], axis=1)
            result[f"gradient.{key}"] = np.stack([root_mean_square(part) for part in gradient[::2]], axis=1)
    return result
