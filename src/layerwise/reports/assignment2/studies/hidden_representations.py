"""Hidden representations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.inputs import Data, flat


def run(
    data: Data,
    units: Mapping[str, int],
    at: Sequence[int] = (0, 20, 100, 1500),
    seeds: int = 10,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Train networks with two or three hidden units, and record the hidden representation of each example.

    Parameters
    ----------
    data : mapping
        Datasets of two classes and two features.
    units : mapping of str to int
        Number of hidden units for each dataset; three are projected on two directions, see ``space``.
    at : sequence of int
        Epochs to record.
    seeds : int
        Number of networks; the one with the highest final training accuracy is recorded.
    learning_rate : float

    Returns
    -------
    dict
        ``at`` (t,); for each dataset: ``space.…`` (t, n, 2), the two hidden units, or for three units the projections
        on the output weights and on the direction of largest variance orthogonal to them; ``line.…`` (t, 3), weights
        and bias of the decision boundary in these coordinates; ``x.…``, ``y.…``; ``accuracy.…`` (t,), the training
        accuracy of the recorded network.
    """
    result: dict[str, np.ndarray] = {"at": np.array(at)}
    for name, splits in data.items():
        x, y = flat(name, *splits["train"])
        x = x.astype(np.float32)
        first = batched_networks.start([2, units[name], 1], "glorot", range(seeds))
        recorded = []
        for epoch, parameters in batched_networks.train(
            first, x, batched_networks.targets(y, 2), learning_rate=learning_rate
        ):
            if epoch in at:
                recorded.append(parameters)
            if epoch == max(at):
                break
        best = int(np.argmax(batched_networks.accuracy(batched_networks.probabilities(recorded[-1], x), y)))
        hidden = np.stack([batched_networks.activations(p, x)[1][best] for p in recorded])
        output_weights = np.stack([p[2][best, :, 0] for p in recorded])
        bias = np.array([p[3][best, 0, 0] for p in recorded])
        views = [_view(h, w, b) for h, w, b in zip(hidden, output_weights, bias)]
        result |= {
            f"space.{name}": np.stack([points for points, _ in views]),
            f"line.{name}": np.stack([border for _, border in views]),
            f"x.{name}": x,
            f"y.{name}": y,
            f"accuracy.{name}": np.array(
                [batched_networks.accuracy(batched_networks.probabilities(p, x), y)[best] for p in recorded]
            ),
        }
    return result


def _view(hidden: np.ndarray, weights: np.ndarray, bias: float) -> tuple[np.ndarray, np.ndarray]:
    """Return two coordinates of each example ``(n, 2)``, and the decision boundary ``(3,)`` in these coordinates."""
    if hidden.shape[1] == 2:
        return hidden, np.append(weights, bias)
    norm = float(np.linalg.norm(weights))
    across = weights / norm
    rest = hidden - np.outer(hidden @ across, across)
    along = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)[2][0]
    return np.column_stack([hidden @ across, rest @ along]), np.array([norm, 0.0, bias])
