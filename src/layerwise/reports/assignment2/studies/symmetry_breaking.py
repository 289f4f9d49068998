"""Weight initialization and symmetry breaking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    initializations: Sequence[str | float] = ("zeros", "small", "glorot", "he", "large"),
    units: int = 10,
    seeds: int = 10,
    epochs: int = 600,
    every: int = 10,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Train the same network from different initial weights.

    Returns
    -------
    dict
        ``epoch`` (t,); ``loss.<initialization>`` (seeds, t), the training loss; ``accuracy.…`` (seeds,), the final
        validation accuracy; ``distinct.…`` (seeds,), the number of hidden units that are not copies of others.
    """
    splits = only(data)
    (x, y), (xv, yv) = splits["train"], splits["validation"]
    x, xv = x.astype(np.float32), xv.astype(np.float32)
    t = batched_networks.targets(y, int(y.max()) + 1)
    at = np.arange(0, epochs + 1, every)
    result: dict[str, np.ndarray] = {"epoch": at}
    for name in initializations:
        first = batched_networks.start([x.shape[1], units, t.shape[-1]], name, range(seeds))
        losses = []
        for epoch, parameters in batched_networks.train(first, x, t, learning_rate=learning_rate):
            if epoch % every == 0:
                losses.append(batched_networks.cross_entropy(batched_networks.activations(parameters, x)[-1], t))
            if epoch == epochs:
                break
        incoming = np.concatenate(parameters[:2], axis=1)
        result |= {
            f"loss.{name}": np.stack(losses, axis=1),
            f"accuracy.{name}": batched_networks.accuracy(batched_networks.probabilities(parameters, xv), yv),
            f"distinct.{name}": np.array([_distinct(weights) for weights in incoming]),
        }
    return result


def _distinct(weights: np.ndarray, apart: float = 1e-4) -> int:
    """Return the number of columns that differ from every column before them by more than rounding error."""
    copies = np.abs(weights[:, :, np.newaxis] - weights[:, np.newaxis, :]).max(axis=0) < apart
    return int(np.sum(~np.triu(copies, 1).any(axis=0)))
