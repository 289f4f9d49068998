"""Comparison at equal budget."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.search import quartiles
from layerwise.reporting.artifacts import Study
from layerwise.reports.hyperparameter_tuning.figures.labels import ACCURACY, METHODS


def draw(study: Study) -> Picture:
    """Draw the best accuracy so far of each method against the cost."""
    series = {METHODS[name]: best for name, best in study.group("best").items()}
    ends = {name: float(np.median(best[:, -1])) for name, best in series.items()}
    order = sorted(ends, key=lambda name: -ends[name])
    return quartiles(
        study["cost"],
        series,
        "cost (full trainings)",
        f"best {ACCURACY} so far",
        f"Median best after {study['cost'][-1]} full trainings: "
        + ", ".join(f"{name} {ends[name]:.3f}" for name in order),
        limits=(0.8, 0.97),
    )
