"""Nearest-neighbour baseline of series and images."""

from __future__ import annotations

import numpy as np

from layerwise.reports.inputs import Data, flat, named, pooled


def run(data: Data) -> dict[str, np.ndarray]:
    """Give each test example the class of its nearest training example, by Euclidean distance.

    The training examples are those of the training and the validation split, for there is nothing to choose.

    Returns
    -------
    dict
        ``accuracy.<dataset>`` (1,) and ``right.<dataset>`` (n,), 1 for each test example that it gets right.
    """
    right = {}
    for name, splits in data.items():
        x, y = flat(name, *pooled({split: splits[split] for split in ("train", "validation")}))
        xt, yt = flat(name, *splits["test"])
        distance = (x**2).sum(axis=1) - 2 * xt @ x.T  # less the same for every x: the square of the test example
        right[name] = (y[distance.argmin(axis=1)] == yt).astype(float)
    return named("right", right, right.values()) | named("accuracy", right, ([r.mean()] for r in right.values()))
