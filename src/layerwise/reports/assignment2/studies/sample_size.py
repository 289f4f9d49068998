"""Sample size and model capacity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.inputs import Data, only, pooled


def run(
    data: Data,
    units: Sequence[int] = (1, 3, 10, 50, 200),
    examples: Sequence[int] = (20, 50, 100, 200, 500, 1000),
    seeds: int = 10,
    epochs: int = 500,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Train networks for all combinations of the numbers of hidden units and training examples.

    Returns
    -------
    dict
        ``units``, ``examples``; ``test.<units>.<examples>`` (seeds,), the test accuracies.
    """
    splits = only(data)
    (x, y), (xt, yt) = pooled({name: splits[name] for name in ("train", "validation")}), splits["test"]
    result = {"units": np.array(units), "examples": np.array(examples)}
    orders = np.stack([np.random.default_rng(seed).permutation(len(y)) for seed in range(seeds)])
    for count in units:
        for n in examples:
            rows = orders[:, :n]
            parameters = batched_networks.start([x.shape[1], count, 1], "glorot", range(seeds))
            parameters = batched_networks.trained(
                parameters,
                x[rows].astype(np.float32),
                batched_networks.targets(y[rows], 2),
                epochs,
                learning_rate=learning_rate,
            )
            p = batched_networks.probabilities(parameters, xt.astype(np.float32))
            result[f"test.{count}.{n}"] = batched_networks.accuracy(p, yt)
    return result
