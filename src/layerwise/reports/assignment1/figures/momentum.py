"""Momentum."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the training loss for several momentum coefficients, and the epochs each needs to converge."""
    curves, needed = study.group("loss"), study.group("epochs")
    best = min(needed, key=lambda momentum: needed[momentum].mean())
    epochs = np.arange(next(iter(curves.values())).shape[1])
    plain = needed["0.0"].mean() if "0.0" in needed else np.nan
    return [
        lines(
            {f"µ = {momentum}": (epochs, np.maximum(curve, 1e-6)) for momentum, curve in curves.items()},
            "epoch",
            "loss above the minimum (nats)",
            f"With µ = {best}, the loss is the first to come within 0.01 of the minimum",
            log="y",
        ),
        strips(
            {f"µ = {momentum}": values for momentum, values in needed.items()},
            "epochs to come within 0.01 nats of the minimum",
            f"µ = {best} needs {needed[best].mean():.0f} epochs; without momentum it takes {plain:.0f}",
        ),
    ]
