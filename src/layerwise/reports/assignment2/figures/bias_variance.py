"""Bias–variance decomposition."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw bias, variance and their sum against the number of hidden units."""
    series = {
        "bias² and noise": study.curve("bias"),
        "variance": study.curve("variance"),
        "error (sum of both)": study.curve("error"),
    }
    units, error = series["error (sum of both)"]
    best = int(np.argmin(error.mean(axis=0)))
    share = series["variance"][1].mean(axis=0)[best] / error.mean(axis=0)[best]
    return [
        lines(
            series,
            "hidden units",
            "squared error of the probability",
            f"The error is lowest with {units[best]:g} units; {100 * share:.0f}% of it is variance",
            log="x",
            marked=True,
        )
    ]
