"""Probability contours of two features."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import probability_contours
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw the probabilities over two features."""
    features = study.dataset.info["feature_names"] or [f"feature {i}" for i in range(10_000)]
    x, y = study["x"], study["y"]
    names = study.dataset.names
    first, second = (features[i] for i in study["columns"])
    likely = study["probabilities"]
    unsure = float(np.mean(likely.max(axis=-1) < 0.9))
    return probability_contours(
        study["x1"],
        study["x2"],
        likely,
        x,
        y,
        names,
        (f"{first} (standardized)", f"{second} (standardized)"),
        f"On {100 * unsure:.0f} % of this plane no class is 90 % sure",
    )
