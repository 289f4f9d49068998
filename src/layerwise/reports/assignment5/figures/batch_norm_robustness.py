"""Robustness to learning rate, initialization and batch size."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment5.figures.labels import NORMALIZATIONS

SETTINGS = {
    "learning_rate": "learning rate",
    "scale": "factor of He's first weights",
    "batch_size": "examples in a batch",
}


def draw(study: Study) -> Picture:
    """Draw accuracy over one setting, with and without normalization."""
    setting, values = study.arguments["setting"], study["values"]
    accuracy = study.group("accuracy")
    if setting == "batch_size":
        title = f"With {values[0]:g} examples in a batch: " + ", ".join(
            f"{100 * table[:, 0].mean():.0f} % {NORMALIZATIONS[name]}" for name, table in accuracy.items()
        )
    elif setting == "scale":
        decades = study.group("decades")
        title = "First weights tolerated within a factor of " + ", ".join(
            f"{10 ** decades[name].mean():.0f} {'without' if name == 'plain' else 'with ' + NORMALIZATIONS[name]}"
            for name in accuracy
        )
    else:
        highest = study.group("highest")
        title = "Highest learning rate tolerated: " + ", ".join(
            f"{highest[name].mean():.2g} {'without' if name == 'plain' else 'with ' + NORMALIZATIONS[name]}"
            for name in accuracy
        )
    return lines(
        {NORMALIZATIONS[name]: (values, table) for name, table in accuracy.items()},
        SETTINGS[setting],
        "validation accuracy",
        title,
        log="x",
        marked=True,
    )
