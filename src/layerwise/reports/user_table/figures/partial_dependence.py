"""Partial dependence on the numeric columns of a user's table."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.user_table.shared import numbers

MOST_CLASSES = 4


def draw(study: Study, target: str) -> list[Picture]:
    """Draw the mean prediction over each column, one line per class, or that of the positive class only."""
    info, names = study.dataset.info, list(numbers(study.dataset.info))
    pictures = []
    for position in map(int, study["columns"]):
        means = study[f"mean.{position}"]
        classes = info["class_names"] or [target]
        shown = (
            [len(classes) - 1]
            if len(classes) <= 2
            else list(np.argsort(-means.mean(axis=(0, 1)), kind="stable")[:MOST_CLASSES])
        )
        series = {str(classes[k]): (study[f"grid.{position}"], means[:, :, k]) for k in sorted(shown)}
        swings = {name: float(np.ptp(values.mean(axis=0))) for name, (_, values) in series.items()}
        widest = max(swings, key=lambda name: swings[name])
        unit = "mean probability" if info["classes"] else f"mean prediction of {target}"
        change = f"{100 * swings[widest]:.0f} points" if info["classes"] else f"{swings[widest]:.3g}"
        label = f"{unit} of {classes[1]}" if len(classes) == 2 else unit
        response = f"{unit} of {widest}" if info["classes"] else unit
        title = f"“{names[position]}” changes the {response} by {change}"
        pictures.append(lines(series, names[position], label, title))
    return pictures
