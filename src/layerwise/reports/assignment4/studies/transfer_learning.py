"""Transfer learning between digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layerwise.experiments import numpy_backend
from layerwise.reports import training_kit
from layerwise.reports.assignment4.shared import balanced_order
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained

ARMS: dict[str, dict[str, Any]] = {"scratch": {}, "frozen": {"freeze": True}, "tuned": {"freeze": False}}
"""Initial weights: random; pretrained and frozen except for the last layer; pretrained and all trained."""


def run(
    data: Data,
    runs: Mapping[str, Trained],
    labels: Sequence[int] = (10, 50, 250),
    updates: Sequence[int] = (40, 60, 100),
    batch_size: int = 16,
    learning_rate: float = 0.003,
    seeds: int = 20,
) -> dict[str, np.ndarray]:
    """Train a network on few labels from random weights and from those of a network trained on other classes.

    A seed draws the labeled images, the order of the batches and the random weights, the same for all arms; the larger
    training sets contain the smaller ones. The pretrained networks are used in turn.

    Parameters
    ----------
    data : mapping
        The dataset with the new classes, including its test split.
    runs : mapping
        The NumPy runs of one experiment, the pretrained networks.
    labels, updates : sequence of int
        Numbers of labeled images, balanced over classes; optimizer steps for each, at least.
    batch_size : int
    learning_rate : float
        Initial learning rate of Adam, which decays along half a cosine.
    seeds : int

    Returns
    -------
    dict
        ``labels``; ``<arm>.<labels>`` (seeds,), the test accuracy for each arm of `ARMS`.
    """
    [(_, splits)] = data.items()
    [(source, pretrained)] = runs.items()
    (x, y), (xt, yt) = splits["train"], splits["test"]
    classes = int(y.max()) + 1
    accuracy: dict[str, list[float]] = {f"{arm}.{count}": [] for arm in ARMS for count in labels}
    for seed in range(seeds):
        rows = balanced_order(y, np.random.default_rng(seed))
        folder = pretrained.folders[seed % len(pretrained.folders)]
        for count, steps in zip(labels, updates):
            size = min(batch_size, count)
            epochs = -(-steps * size // count)
            decay = {"name": "CosineDecay", "initial_learning_rate": learning_rate}
            decay |= {"decay_steps": epochs * -(-count // size)}
            spec = {**pretrained.spec, "optimizer": {"name": "Adam", "learning_rate": decay}}
            for arm, freeze in ARMS.items():
                begin = {"start": {"experiment": source, **freeze}} if freeze else {}
                model = numpy_backend.build(
                    spec | begin, x.shape[1:], classes, "accuracy", seed, arm, folder if freeze else None
                )
                training_kit.fit(model, (x[rows[:count]], y[rows[:count]]), epochs, size)
                accuracy[f"{arm}.{count}"].append(training_kit.accuracy(training_kit.logits(model, xt), yt))
    return {"labels": np.array(labels), **{name: np.array(values) for name, values in accuracy.items()}}
