"""Numerical stability: log-sum-exp."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw how often the loss is a number as scores grow, and the error of log-sum-exp."""
    scale, naive, error = study["scale"], study["finite.naive"], study["error"]
    breaks = scale[np.argmax(naive.mean(axis=0) < 1)]
    return [
        lines(
            {"as written": (scale, naive), "log-sum-exp": (scale, study["finite.stable"])},
            "spread of the scores",
            "share of finite losses",
            f"As written, losses are lost from a spread of {breaks:g} on; by log-sum-exp none is",
            log="x",
            marked=True,
        ),
        lines(
            {"float32 against float64": (scale, error)},
            "spread of the scores",
            "error ÷ largest score",
            f"Log-sum-exp is off by {error.max():.1e} of the largest score at most: float32's own digits",
            log="xy",
            marked=True,
        ),
    ]
