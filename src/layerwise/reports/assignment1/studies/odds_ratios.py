"""Odds ratios: interpreting the weights."""

from __future__ import annotations

import numpy as np

from layerwise.reports.assignment1.shared import fitted
from layerwise.reports.inputs import Data, bootstraps, only, rarest


def run(data: Data, resamples: int = 200, l2: float = 0.01) -> dict[str, np.ndarray]:
    """Compute the odds ratios of the rarest class per standard deviation of each feature, with bootstrap intervals.

    Returns
    -------
    dict
        ``ratio`` (d,) of the training data, ``resampled`` (resamples − 1, d), ``low``, ``high`` (d,), the ends of the
        95% percentile interval.
    """
    x, y = only(data)["train"]
    positive = rarest(y)
    spread = x.std(axis=0)
    fits = [fitted(xb, yb == positive, l2, max_epochs=300) for xb, yb in bootstraps(x, y, resamples)]
    ratios = np.exp([model.weights[:, 0] * spread for model in fits])
    low, high = np.percentile(ratios, [2.5, 97.5], axis=0)
    return {
        "ratio": ratios[0],
        "resampled": ratios[1:],
        "low": low,
        "high": high,
    }
