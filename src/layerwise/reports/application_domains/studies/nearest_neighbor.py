"""Nearest-neighbor baseline for series and images."""

from __future__ import annotations

import numpy as np

from layerwise.reports.inputs import Data, flat, named, pooled


def run(data: Data) -> dict[str, np.ndarray]:
    """Classify each test example by its nearest training example in Euclidean distance.

    The training and validation splits are pooled, as there are no hyperparameters to choose.

    Returns
    -------
    dict
        ``accuracy.<dataset>`` (1,) on the test split.
    """
    accuracy = {}
    for name, splits in data.items():
        x, y = flat(name, *pooled({split: splits[split] for split in ("train", "validation")}))
        xt, yt = flat(name, *splits["test"])
        distance = (x**2).sum(axis=1) - 2 * xt @ x.T  # without the constant term ‖xt‖²
        accuracy[name] = [np.mean(y[distance.argmin(axis=1)] == yt)]
    return named("accuracy", accuracy, accuracy.values())
