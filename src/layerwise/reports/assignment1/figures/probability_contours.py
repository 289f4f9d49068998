"""Probability contours of two features."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import probability_contours
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw the class probabilities over two features."""
    features = study.dataset.info["feature_names"] or [f"feature {i}" for i in range(10_000)]
    x, y = study["x"], study["y"]
    names = study.dataset.names
    first, second = (features[i].partition(" (")[0] for i in study["columns"])  # standardized values have no unit
    probabilities = study["probabilities"]
    uncertain = float(np.mean(probabilities.max(axis=-1) < 0.9))
    return probability_contours(
        study["x1"],
        study["x2"],
        probabilities,
        x,
        y,
        names,
        (f"{first} (standardized)", f"{second} (standardized)"),
        f"On {100 * uncertain:.0f}% of the plane, no class has a probability of 90% or more",
    )
