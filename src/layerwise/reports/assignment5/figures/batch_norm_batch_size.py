"""Batch size: batch, layer and group normalization."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment5.figures.labels import NORMALIZATIONS


def draw(study: Study) -> Picture:
    """Draw the validation accuracy against the batch size."""
    sizes, validation = study["batch_sizes"], study.group("validation")
    at = {name: 100 * values.mean(axis=0) for name, values in validation.items()}
    return lines(
        {NORMALIZATIONS[name]: (sizes, values) for name, values in validation.items()},
        "batch size",
        "validation accuracy",
        f"With {sizes[0]} examples per batch, batch normalization reaches {at['batch'][0]:.0f}%, the plain network "
        f"{at['plain'][0]:.0f}%; with {sizes[-1]}, {at['batch'][-1]:.0f}% and {at['plain'][-1]:.0f}%",
        log="x",
        marked=True,
    )
