"""Robustness to learning rate, initialization and batch size."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment5.figures.labels import NORMALIZATIONS

SETTINGS = {
    "learning_rate": "learning rate",
    "scale": "factor of the He initialization",
    "batch_size": "batch size",
}


def draw(study: Study) -> Picture:
    """Draw the validation accuracy against one setting, with and without normalization."""
    setting, values = study.arguments["setting"], study["values"]
    accuracy = study.group("accuracy")
    if setting == "batch_size":
        title = f"Batch size {values[0]:g}: " + ", ".join(
            f"{100 * table[:, 0].mean():.0f}% with {NORMALIZATIONS[name]}" for name, table in accuracy.items()
        )
    elif setting == "scale":
        decades = study.group("decades")
        title = "Tolerated range of initial weights: a factor of " + ", ".join(
            f"{10 ** decades[name].mean():.0f} with {NORMALIZATIONS[name]}" for name in accuracy
        )
    else:
        highest = study.group("highest")
        title = "Highest tolerated learning rate: " + ", ".join(
            f"{highest[name].mean():.2g} with {NORMALIZATIONS[name]}" for name in accuracy
        )
    return lines(
        {NORMALIZATIONS[name]: (values, table) for name, table in accuracy.items()},
        SETTINGS[setting],
        "validation accuracy",
        title,
        log="x",
        marked=True,
    )
