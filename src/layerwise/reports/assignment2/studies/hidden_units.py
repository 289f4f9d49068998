"""Model capacity: number of hidden units, with clean and noisy labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.assignment2.shared import UNITS
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    units: Sequence[int] = UNITS,
    seeds: int = 10,
    epochs: int = 1000,
    learning_rate: float = 0.3,
    steps: int = 70,
) -> dict[str, np.ndarray]:
    """Train networks with increasing numbers of hidden units.

    Returns
    -------
    dict
        ``units``; ``<split>.<units>`` (seeds,), the accuracies; ``grid`` (steps,); for two classes in the plane
        ``boundary.<units>`` (steps, steps), the probability predicted by the first network on the grid.
    """
    splits = only(data, np.float32)
    x, y = splits["train"]
    classes = int(y.max()) + 1
    t = batched_networks.targets(y, classes)
    reach = float(np.abs(x).max()) * 1.05
    grid = np.linspace(-reach, reach, steps, dtype=np.float32)
    plane = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    result: dict[str, np.ndarray] = {"units": np.array(units), "grid": grid}
    for count in units:
        parameters = batched_networks.start([x.shape[1], count, t.shape[-1]], "glorot", range(seeds))
        parameters = batched_networks.trained(parameters, x, t, epochs, learning_rate=learning_rate)
        for name, (xs, ys) in splits.items():
            result[f"{name}.{count}"] = batched_networks.accuracy(batched_networks.probabilities(parameters, xs), ys)
        if x.shape[1] == 2 and classes == 2:
            first = [array[:1] for array in parameters]
            result[f"boundary.{count}"] = batched_networks.probabilities(first, plane)[0].reshape(steps, steps)
    return result
