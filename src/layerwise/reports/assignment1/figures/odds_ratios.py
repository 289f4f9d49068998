"""Odds ratios: interpreting the weights."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import forest
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw a forest plot of the odds ratios with their bootstrap intervals."""
    info = study.dataset.info
    names = info["feature_names"] or [f"pixel {i}" for i in range(np.prod(info["shape"]))]
    positive = study.dataset.names[int(np.argmin(info["class_balance"]["train"]))]
    ratio, low, high = study["ratio"], study["low"], study["high"]
    significant = int(np.sum((low > 1) | (high < 1)))
    strongest = int(np.argmax(np.abs(np.log(ratio))))
    return forest(
        names,
        ratio,
        low,
        high,
        f"odds ratio of {positive} per standard deviation",
        f"One standard deviation of {names[strongest]} multiplies the odds of {positive} by {ratio[strongest]:.2f}; "
        f"{significant} of {len(ratio)} intervals exclude 1",
    )
