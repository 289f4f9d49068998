"""Learning-rate range test."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the loss during the range test, and the validation loss after training at constant rates."""
    chosen = float(np.exp(np.log(study["found"]).mean()))
    return [
        lines(
            {"smoothed loss": (study["rate"], study["loss"])},
            "learning rate, increasing with every step",
            "training loss (nats)",
            f"The loss is lowest at a rate of {3 * chosen:.2g}; the chosen rate is a third of it, {chosen:.2g}",
            log="x",
            vertical=("chosen", chosen),
        ),
        lines(
            {"constant rates": (study["rates"], study["trained"])},
            "learning rate",
            "validation loss after training (nats)",
            f"Validation loss {study['at_found'].mean():.3f} at the chosen rate, {study['at_best'].mean():.3f} at the "
            f"best of {len(study['rates'])} rates",
            log="xy",
            vertical=("chosen", chosen),
        ),
    ]
