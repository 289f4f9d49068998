"""Odds ratios: interpreting the weights."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import forest
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw the odds ratios with their bootstrap intervals."""
    info = study.dataset.info
    names = info["feature_names"] or [f"pixel {i}" for i in range(np.prod(info["shape"]))]
    rare = study.dataset.names[int(np.argmin(info["class_balance"]["train"]))]
    ratio, low, high = study["ratio"], study["low"], study["high"]
    clear = int(np.sum((low > 1) | (high < 1)))
    first = int(np.argmax(np.abs(np.log(ratio))))
    return forest(
        names,
        ratio,
        low,
        high,
        f"odds ratio of {rare} for one standard deviation more",
        f"{names[first]} changes the odds of {rare} by a factor of {ratio[first]:.2f}; "
        f"{clear} of {len(ratio)} intervals leave out 1",
    )
