"""Learning curves."""

from __future__ import annotations

import numpy as np

from layerwise.reports.assignment1.shared import fitted, shuffled
from layerwise.reports.inputs import Data, only, pooled


def run(data: Data, points: int = 8, repeats: int = 10, l2: float = 0.001) -> dict[str, np.ndarray]:
    """Train on growing numbers of examples, and evaluate on the same test split.

    Returns
    -------
    dict
        ``examples`` (points,); accuracies ``train``, ``test`` (repeats, points).
    """
    splits = only(data)
    (x, y), (xt, yt) = pooled({name: splits[name] for name in ("train", "validation")}), splits["test"]
    classes = len(np.unique(y))
    sizes = np.unique(np.geomspace(max(10, 4 * classes), len(y), points).round().astype(int))
    train, test = np.zeros((repeats, len(sizes))), np.zeros((repeats, len(sizes)))
    for repeat in range(repeats):
        order = np.array(list(shuffled(y, repeat)))
        for i, size in enumerate(sizes):
            rows = order[:size]
            model = fitted(x[rows], y[rows], l2)
            train[repeat, i], test[repeat, i] = model.accuracy(x[rows], y[rows]), model.accuracy(xt, yt)
    return {"examples": sizes, "train": train, "test": test}
