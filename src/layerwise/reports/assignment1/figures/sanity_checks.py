"""Sanity checks before training."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study


def draw(studies: list[Study]) -> list[Picture]:
    """Draw the initial loss of each dataset, and the accuracy after training on true and on permuted labels."""
    by_title = {study.dataset.info["title"].split(":")[0].split(" (")[0]: study for study in studies}
    gap = max(float(study["gap"][0]) for study in studies)
    above = sum(bool(study["true"][0] > study["shuffled"].max()) for study in studies)
    accuracy: dict[str, np.ndarray] = {}
    for title, study in by_title.items():
        accuracy[f"{title}: true labels"] = study["true"]
        accuracy["  permuted" + "\u200b" * len(accuracy)] = study["shuffled"]  # zero-width spaces make the key unique
    initial = [
        plots.bars(
            {f"{name}, C = {len(study.dataset.names)}": float(study["initial"][0]) for name, study in by_title.items()},
            "loss before training (nats)",
            f"The initial loss equals log K to within {gap:.1g}",
        )
    ]
    return (initial if len(studies) > 1 else []) + [
        strips(
            accuracy,
            "validation accuracy",
            f"True labels give a higher accuracy than any permutation of them on {above} of {len(studies)} datasets",
        )
    ]
