"""Planted-feature test."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.explanations import map_table, pairs
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import METHODS, SHORT, class_names


def draw(study: Study) -> list[Picture]:
    """Draw images with the planted marker, their maps, and how often each method points at the marker."""
    count = 5
    x = study["x"][:count]
    by_method = study.group("map")
    captions = [f"{a} marked {b}" for a, b in zip(class_names(study, study["y"]), class_names(study, study["claimed"]))]
    near, exact = study.group("near"), study.group("found")
    always = [name for name, values in exact.items() if values.min() == 1]
    worst = min(near, key=lambda name: near[name].mean())
    return [
        map_table(
            {"image": x, **{SHORT[name]: maps[:count] for name, maps in by_method.items()}},
            captions[:count],
            f"For {len(always)} of {len(by_method)} methods, the strongest pixel is in the marker in every image",
            "Digits with the marker of another class at the upper edge, and maps of the score of that class.",
            plain=["image"],
            outlines=x,
            width=4.6,
        ),
        pairs(
            {
                "in the marker": {METHODS[name]: 100 * values for name, values in exact.items()},
                "within 3 pixels": {METHODS[name]: 100 * values for name, values in near.items()},
            },
            "images with the strongest pixel there (%)",
            f"Least reliable: {METHODS[worst]}, near the marker in {100 * near[worst].mean():.0f}% of the images",
            limits=(-4, 104),
            ends=(0, 100),
            reference=("chance, within 3 pixels", 100 * float(study["chance"][1])),
        ),
    ]
