"""Batch size: batch, layer and group normalization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment5.shared import NORMALIZATIONS, correct, tuned
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    batch_sizes: Sequence[int],
    learning_rates: Sequence[float] = (0.03, 0.1, 0.3),
    norms: Sequence[str] = ("plain", "batch", "layer", "group"),
    units: Sequence[int] = (64, 64, 64),
    examples: int = 1000,
    epochs: int = 3,
    memory: int = 500,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train by SGD for the same number of epochs with batches of several sizes.

    The learning rate is chosen for each normalization and batch size by the validation accuracy, on a separate seed.

    Parameters
    ----------
    memory : int
        Number of examples over which running statistics average, whatever the batch size.

    Returns
    -------
    dict
        ``batch_sizes`` (b,); for each normalization ``validation.…`` (seeds, b), the accuracy, and ``rate.…`` (b,), the
        learning rate; for the smallest batches ``correct.…`` (seeds, examples), whether a test example is classified
        correctly.
    """
    splits = only(data, np.float32)
    result: dict[str, np.ndarray] = {"batch_sizes": np.array(batch_sizes)}
    for name in norms:
        runs = [
            tuned(
                splits,
                [[{"learning_rate": rate} for rate in learning_rates]],
                seeds,
                units=units,
                examples=examples,
                steps=epochs * examples // size,
                batch_size=size,
                norm=NORMALIZATIONS[name],
                optimizer="sgd",
                momentum=max(0.0, 1 - size / memory),
            )
            for size in batch_sizes
        ]
        validation = [correct(run.logits["validation"][0], splits["validation"][1]).mean(axis=-1) for run in runs]
        values = (
            np.stack(validation, axis=1),
            np.array([run.chosen[0]["learning_rate"] for run in runs]),
            correct(runs[0].logits["test"][0], splits["test"][1]),
        )
        result |= dict(zip((f"{measure}.{name}" for measure in ("validation", "rate", "correct")), values))
    return result
