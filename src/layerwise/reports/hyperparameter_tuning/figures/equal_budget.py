"""Comparison at equal budget."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.search import quartiles
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.hyperparameter_tuning.figures.labels import METHODS


def draw(study: Study) -> list[Picture]:
    """Draw the lowest log loss so far of each method against the number of trials, and the differences in pairs."""
    group = study.group("best")
    series = {METHODS[name]: best for name, best in group.items()}
    ends = {name: float(np.median(best[:, -1])) for name, best in series.items()}
    cost = study["cost"]
    differences = {
        f"after {cost[k]} trials": group["random"][:, k] - group["bayesian"][:, k]
        for k in (len(cost) // 2 - 1, len(cost) - 1)
    }
    wins = int(np.sum(study["end.bayesian"] < study["end.random"]))
    return [
        quartiles(
            cost,
            series,
            "trials",
            "lowest validation log loss so far",
            f"Median after {cost[-1]} trials: " + ", ".join(f"{name} {end:.3f}" for name, end in ends.items()),
        ),
        strips(
            differences,
            "log loss, random − Bayesian",
            f"Bayesian search ends with the lower log loss in {wins} of {len(study['end.random'])} searches",
            reference=("equal", 0.0),
        ),
    ]
