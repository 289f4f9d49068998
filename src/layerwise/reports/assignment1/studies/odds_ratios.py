"""Odds ratios: interpreting the weights."""

from __future__ import annotations

import numpy as np

from layerwise.reports.assignment1.shared import fitted
from layerwise.reports.inputs import Data, bootstraps, only, rarest


def run(data: Data, resamples: int = 200, l2: float = 0.01) -> dict[str, np.ndarray]:
    """Return odds ratios of the rarest class for one standard deviation of each feature, over bootstrap resamples.

    Returns
    -------
    dict
        ``ratio`` (d,) of the training data, ``resampled`` (resamples − 1, d), ``low``, ``high`` (d,): 95 % percentile
        interval; ``strongest`` (resamples,), that of the feature furthest from 1, as a factor above 1, and its inverse.
    """
    x, y = only(data)["train"]
    positive = rarest(y)
    spread = x.std(axis=0)
    fits = [fitted(xb, yb == positive, l2, max_epochs=300) for xb, yb in bootstraps(x, y, resamples)]
    ratios = np.exp([model.weights[:, 0] * spread for model in fits])
    low, high = np.percentile(ratios, [2.5, 97.5], axis=0)
    first = int(np.argmax(np.abs(np.log(ratios[0]))))
    factor = ratios[:, first] if ratios[0, first] > 1 else 1 / ratios[:, first]
    return {
        "ratio": ratios[0],
        "resampled": ratios[1:],
        "low": low,
        "high": high,
        "strongest": factor,
        "strongest_inverse": 1 / factor,
    }
