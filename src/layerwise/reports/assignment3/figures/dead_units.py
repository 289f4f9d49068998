"""Dead ReLU units."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the share of dead units and the accuracy against the learning rate."""
    rates, dead = study["rates"], study["dead"]
    relu, leaky = study["accuracy.relu"].mean(axis=0), study["accuracy.leaky_relu"].mean(axis=0)
    jump = int(np.argmax(np.diff(dead.mean(axis=0)))) + 1
    return [
        lines(
            {"ReLU": (rates, dead)},
            "learning rate",
            "share of dead hidden units",
            f"Between learning rates {rates[jump - 1]:g} and {rates[jump]:g}, the share of dead units rises from "
            f"{100 * dead.mean(axis=0)[jump - 1]:.0f}% to {100 * dead.mean(axis=0)[jump]:.0f}%",
            log="x",
            marked=True,
        ),
        lines(
            {"ReLU": (rates, study["accuracy.relu"]), "leaky ReLU": (rates, study["accuracy.leaky_relu"])},
            "learning rate",
            "validation accuracy",
            f"Accuracy at a learning rate of {rates[jump]:g}: {100 * relu[jump]:.0f}% with ReLU, "
            f"{100 * leaky[jump]:.0f}% with leaky ReLU",
            log="x",
            marked=True,
        ),
    ]
