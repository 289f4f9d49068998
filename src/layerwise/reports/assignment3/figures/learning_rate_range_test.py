"""Learning-rate range test."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the loss while the rate grows, and what training at constant rates reaches."""
    found = float(np.exp(np.log(study["found"]).mean()))
    return [
        lines(
            {"smoothed loss": (study["rate"], study["loss"])},
            "learning rate, growing with every step",
            "training loss (nats)",
            f"One short run: the loss is lowest at {3 * found:.2g}; a third of it, {found:.2g}, is taken",
            log="x",
            vertical=("taken", found),
        ),
        lines(
            {"constant rates": (study["rates"], study["trained"])},
            "learning rate",
            "validation loss after training (nats)",
            f"Trained at the rate taken, {study['at_found'].mean():.3f}; at the best of "
            f"{len(study['rates'])} tried, {study['at_best'].mean():.3f}",
            log="xy",
            vertical=("taken", found),
        ),
    ]
