"""Planted-feature test."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.explanations import map_table, pairs
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import METHODS, SHORT, capitalized, class_names


def draw(study: Study) -> list[Picture]:
    """Draw the planted marker, each method's map of it, and how often the map points at it."""
    count = 5
    x = study["x"][:count]
    found = study.group("map")
    says = [f"{a} marked {b}" for a, b in zip(class_names(study, study["y"]), class_names(study, study["claimed"]))]
    near, exact = study.group("near"), study.group("found")
    whole = [METHODS[name] for name, values in exact.items() if values.min() == 1]
    worst = min(near, key=lambda name: near[name].mean())
    return [
        map_table(
            {"image": x, **{SHORT[name]: maps[:count] for name, maps in found.items()}},
            says[:count],
            f"{len(whole)} of {len(found)} methods have their strongest pixel in the marker in every image",
            "Digits with a white block of the class at the upper edge, and the maps of the class it stands for.",
            plain=["image"],
            outlines=x,
            width=4.6,
        ),
        pairs(
            {
                "in the marker": {METHODS[name]: 100 * values for name, values in exact.items()},
                "at most 3 pixels off": {METHODS[name]: 100 * values for name, values in near.items()},
            },
            "images whose strongest pixel is there (%)",
            f"{capitalized(METHODS[worst])} misses: near the marker in {100 * near[worst].mean():.0f} % of images",
            limits=(-4, 104),
            reference=("near by chance", 100 * float(study["chance"][1])),
        ),
    ]
