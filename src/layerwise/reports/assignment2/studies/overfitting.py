"""Overfitting, early stopping and L2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    units: int = 100,
    strengths: Sequence[float] = (0.0, 0.0003, 0.001, 0.003),
    seeds: int = 10,
    epochs: int = 2500,
    every: int = 25,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Train for many epochs, with and without L2, to find where the validation loss begins to rise.

    Returns
    -------
    dict
        ``epoch`` (t,), ``strengths``; ``<split>.<λ>`` (seeds, t), the training and validation losses; ``turn``
        (seeds,), the epoch of the lowest validation loss without a penalty, and ``fall`` (seeds,), by how much the
        final validation loss exceeds it; ``best`` (1,), the λ with the lowest final validation loss; the test
        accuracies (seeds,) ``accuracy.last`` without regularization, ``accuracy.stopped`` at the epoch ``turn``, and
        ``accuracy.decayed`` with the λ ``best``.
    """
    splits = only(data, np.float32)
    classes = int(splits["train"][1].max()) + 1
    t = {name: batched_networks.targets(y, classes) for name, (_, y) in splits.items()}
    x, y = splits["train"][0], t["train"]
    at = np.arange(0, epochs + 1, every)
    result: dict[str, np.ndarray] = {"epoch": at, "strengths": np.array(strengths)}
    accuracy = {}
    for strength in strengths:
        first = batched_networks.start([x.shape[1], units, y.shape[-1]], "glorot", range(seeds))
        losses: dict[str, list[np.ndarray]] = {"train": [], "validation": []}
        scores = []
        for epoch, parameters in batched_networks.train(first, x, y, learning_rate=learning_rate, l2=strength):
            if epoch % every == 0:
                for name, curve in losses.items():
                    z = batched_networks.activations(parameters, splits[name][0])[-1]
                    curve.append(batched_networks.cross_entropy(z, t[name]))
                p = batched_networks.probabilities(parameters, splits["test"][0])
                scores.append(batched_networks.accuracy(p, splits["test"][1]))
            if epoch == epochs:
                break
        result |= {f"{name}.{strength:g}": np.stack(curve, axis=1) for name, curve in losses.items()}
        accuracy[strength] = np.stack(scores, axis=1)
    ends = [result[f"validation.{strength:g}"][:, -1].mean() for strength in strengths]
    best, plain = strengths[int(np.argmin(ends))], strengths[0]
    turn = result[f"validation.{plain:g}"].argmin(axis=1)
    return result | {
        "turn": at[turn],
        "best": np.array([best]),
        "accuracy.last": accuracy[plain][:, -1],
        "accuracy.stopped": accuracy[plain][np.arange(seeds), turn],
        "accuracy.decayed": accuracy[best][:, -1],
        "fall": result[f"validation.{plain:g}"][:, -1] - result[f"validation.{plain:g}"].min(axis=1),
    }
