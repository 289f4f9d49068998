"""Internal covariate shift: the experiment of Ioffe and Szegedy."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment5.figures.labels import NORMALIZATIONS


def draw(study: Study) -> list[Picture]:
    """Draw the experiment of Ioffe and Szegedy: accuracy and the input to one unit over training steps."""
    step, accuracy = study["step"], study.group("accuracy")
    tenth = int(np.argmax(step >= study.arguments["steps"] / 10))
    at = {name: 100 * values.mean(axis=0) for name, values in accuracy.items()}
    pictures = [
        lines(
            {NORMALIZATIONS[name]: (step, values) for name, values in accuracy.items()},
            "training step",
            "validation accuracy",
            f"After {step[tenth]:,} steps: {at['batch'][tenth]:.1f}% with batch normalization, "
            f"{at['plain'][tenth]:.1f}% without; at the end {at['batch'][-1]:.1f}% and {at['plain'][-1]:.1f}%",
        )
    ]
    drift = study.group("drift")
    for name, quantiles in study.group("input").items():
        pictures.append(
            lines(
                {f"{share}%": (step, quantiles[:, k]) for k, share in reversed(list(enumerate((15, 50, 85))))},
                "training step",
                "input to one sigmoid unit",
                f"{NORMALIZATIONS[name].capitalize()}: a unit's median input drifts by "
                f"{drift[name].mean():.2f} times its spread",
                limits=(quantiles.min() - 0.2, quantiles.max() + 0.45 * np.ptp(quantiles)),
                legend="upper right",
            )
        )
    return pictures
