"""Label randomization test."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.explanations import pairs
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import with_method_names


def draw(study: Study) -> Picture:
    """Draw how alike maps are when the labels were shuffled, beside what another start alone changes."""
    control, shuffled = with_method_names(study.group("control")), with_method_names(study.group("shuffled"))
    left = {name: values.mean() for name, values in shuffled.items()}
    most = max(left, key=lambda name: left[name])
    return pairs(
        {"true labels, another start": control, "shuffled labels": shuffled},
        "rank correlation of the maps",
        f"Maps of a network that learned nothing true: {most} keeps {left[most]:.2f} of the ranking",
    )
