"""Numerical stability: log-sum-exp."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the share of finite losses for scores of increasing size, and the error of log-sum-exp."""
    scale, naive, error = study["scale"], study["finite.naive"], study["error"]
    smallest = scale[np.argmax(naive.mean(axis=0) < 1)]
    return [
        lines(
            {"naive formula": (scale, naive), "log-sum-exp": (scale, study["finite.stable"])},
            "standard deviation of the scores",
            "share of finite losses",
            f"The naive formula fails from a standard deviation of {smallest:g}, log-sum-exp never",
            log="x",
            marked=True,
        ),
        lines(
            {"float32 vs float64": (scale, error)},
            "standard deviation of the scores",
            "error ÷ largest score",
            f"The error of log-sum-exp is at most {error.max():.1e} of the largest score, near float32 precision",
            log="xy",
            marked=True,
        ),
    ]
