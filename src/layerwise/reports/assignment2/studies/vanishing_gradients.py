"""Vanishing gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.assignment2.shared import ACTIVATIONS, root_mean_square, standardized
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    depths: Sequence[int] = (1, 2, 3, 4, 5, 6),
    activations: Sequence[str] = ACTIVATIONS,
    width: int = 32,
    seeds: int = 10,
    examples: int = 300,
    epochs: int = 200,
    learning_rate: float = 0.05,
) -> dict[str, np.ndarray]:
    """Measure the gradient at the first layer and the training loss of networks of increasing depth.

    Sigmoid and tanh use Glorot initialization, ReLU uses He initialization.

    Returns
    -------
    dict
        ``depths``; ``ratio.<activation>.<depth>`` (seeds,), the RMS gradient at the pre-activations of the first
        hidden layer divided by that of the last; ``loss.<activation>.<depth>`` (seeds,), the training loss after
        ``epochs`` epochs.
    """
    x, y = only(data)["train"]
    x, t = standardized(x)[:examples], batched_networks.targets(y, int(y.max()) + 1)[:examples]
    result: dict[str, np.ndarray] = {"depths": np.array(depths)}
    for activation in activations:
        for depth in depths:
            sizes = [x.shape[1], *[width] * depth, t.shape[-1]]
            parameters = batched_networks.start(sizes, "he" if activation == "relu" else "glorot", range(seeds))
            layers = batched_networks.activations(parameters, x, activation)
            dz = (batched_networks.output(layers[-1]) - t) / np.float32(len(x))
            _, deltas = batched_networks.gradients(parameters, layers, dz, activation)
            result[f"ratio.{activation}.{depth}"] = root_mean_square(deltas[0]) / root_mean_square(deltas[-2])
            settings = {"activation": activation, "learning_rate": learning_rate}
            parameters = batched_networks.trained(parameters, x, t, epochs, **settings)
            scores = batched_networks.activations(parameters, x, activation)[-1]
            result[f"loss.{activation}.{depth}"] = batched_networks.cross_entropy(scores, t)
    return result
