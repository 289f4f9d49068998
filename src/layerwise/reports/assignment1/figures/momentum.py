"""Momentum."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the descent with more and more momentum, and the epochs each needs."""
    curves, needed = study.group("loss"), study.group("epochs")
    best = min(needed, key=lambda share: needed[share].mean())
    epochs = np.arange(next(iter(curves.values())).shape[1])
    plain = needed["0.0"].mean() if "0.0" in needed else np.nan
    return [
        lines(
            {f"µ = {share}": (epochs, np.maximum(curve, 1e-6)) for share, curve in curves.items()},
            "epoch",
            "loss above the minimum (nats)",
            f"With µ = {best} the loss comes within 0.01 of the minimum soonest",
            log="y",
        ),
        strips(
            {f"µ = {share}": values for share, values in needed.items()},
            "epochs to come within 0.01 nats of the minimum",
            f"µ = {best} takes {needed[best].mean():.0f} epochs, no momentum {plain:.0f}",
        ),
    ]
