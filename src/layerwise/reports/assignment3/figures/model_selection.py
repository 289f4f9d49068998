"""Model-selection bias."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the validation and test accuracy of the selected network against the number of candidates."""
    counts, validation, test = study["counts"], study["validation"], study["test"]
    gap = (validation - test)[:, -1].mean()
    return [
        lines(
            {"validation (used for selection)": (counts, validation), "test": (counts, test)},
            "candidate networks",
            "accuracy of the selected network",
            f"The best of {counts[-1]} networks on {study.arguments['held_out']} validation examples is "
            f"{100 * gap:.1f} points worse on test examples",
            log="x",
            marked=True,
        )
    ]
