"""Probability contours of two features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment1.shared import fitted
from layerwise.reports.inputs import Data, only, strongest


def run(data: Data, columns: Sequence[int] | None = None, steps: int = 90, l2: float = 0.001):
    """Fit a model to two features, and predict the class probabilities on a grid.

    Returns
    -------
    dict
        ``columns`` (2,), ``x1``, ``x2`` (steps,), ``probabilities`` (steps, steps, classes), ``x`` (n, 2), ``y`` (n,)
        of the training split.
    """
    x, y = only(data)["train"]
    columns = strongest(x, y) if columns is None else list(columns)
    x = x[:, columns]
    model = fitted(x, y, l2)
    margin = 0.06 * np.ptp(x, axis=0)
    x1, x2 = np.linspace(x.min(axis=0) - margin, x.max(axis=0) + margin, steps).T
    grid = np.stack(np.meshgrid(x1, x2), axis=-1)
    p = model.probabilities(grid.reshape(-1, 2)).reshape(steps, steps, -1)
    return {"columns": np.array(columns), "x1": x1, "x2": x2, "probabilities": p, "x": x, "y": y}
