"""Model-selection bias."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw what validation says of the best of many, and what the test split says of it."""
    counts, validation, test = study["counts"], study["validation"], study["test"]
    gap = (validation - test)[:, -1].mean()
    return [
        lines(
            {"on the examples it was chosen by": (counts, validation), "on the others": (counts, test)},
            "networks to choose from",
            "accuracy of the one chosen",
            f"The best of {counts[-1]} by {study.arguments['held_out']} validation examples looks {100 * gap:.1f} "
            "points better than it is",
            log="x",
            marked=True,
        )
    ]
