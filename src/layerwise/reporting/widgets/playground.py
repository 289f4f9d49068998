"""Playground: train `TwoLayerNetwork` on the datasets in the plane and watch the boundary and the hidden units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.reporting.artifacts import Dataset
from layerwise.reporting.widgets import Widget, encode

MOST_UNITS = 32
SEEDS = 5


def in_plane(datasets: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """Return the datasets of two features and two classes whose points can be embedded, at most four."""
    chosen = {
        name: dataset
        for name, dataset in datasets.items()
        if dataset.info["shape"] == [2] and len(dataset.names) == 2 and dataset.info["counts"]["train"] <= 1000
    }
    return dict(list(chosen.items())[:4])


def widget(datasets: Mapping[str, Dataset]) -> Widget:
    """Return the widget for the training splits of datasets such as those of `in_plane`.

    The initial weights of `TwoLayerNetwork` are the first normal numbers of its random state, scaled; with those of a
    few seeds, the script starts from the same weights.
    """
    normals = np.stack([np.random.RandomState(seed).standard_normal(3 * MOST_UNITS) for seed in range(SEEDS)])
    sets = {}
    for name, dataset in datasets.items():
        x, y = dataset.split("train")
        sets[name] = {"title": dataset.info["title"], "x": encode(x), "y": encode(y.astype(np.uint8))}
    return Widget(
        "playground",
        "Playground: train a network with one hidden layer",
        "Press Train, then change one setting. How many hidden units does each dataset need, and at which learning "
        "rate does training fail?",
        {"datasets": sets, "normals": encode(normals), "units": MOST_UNITS},
    )
