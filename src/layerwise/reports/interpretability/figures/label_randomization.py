"""Label randomization test."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.explanations import pairs
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import with_method_names


def draw(study: Study) -> Picture:
    """Draw the rank correlation of maps with true and shuffled labels, and with different initial weights only."""
    control, shuffled = with_method_names(study.group("control")), with_method_names(study.group("shuffled"))
    means = {name: values.mean() for name, values in shuffled.items()}
    most = max(means, key=lambda name: means[name])
    return pairs(
        {"true labels, other initial weights": control, "shuffled labels": shuffled},
        "rank correlation of the maps",
        f"With shuffled labels, the maps of {most} are the most similar (rank correlation {means[most]:.2f})",
    )
