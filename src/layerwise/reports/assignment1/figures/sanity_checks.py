"""Sanity checks before training."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study


def draw(studies: list[Study]) -> list[Picture]:
    """Draw the initial loss of each dataset, and the accuracy after training on true and on shuffled labels."""
    by_title = {study.dataset.info["title"].split(":")[0].split(" (")[0]: study for study in studies}
    gap = max(float(study["gap"][0]) for study in studies)
    excess = max(float(np.abs(study["shuffled"].mean() - study["guessing"].mean())) for study in studies)
    accuracy: dict[str, np.ndarray] = {}
    for title, study in by_title.items():
        accuracy[f"{title}: true labels"] = study["true"]
        accuracy["  shuffled" + "\u200b" * len(accuracy)] = study["shuffled"]  # zero-width spaces make the key unique
    initial = [
        plots.bars(
            {f"{name}, C = {len(study.dataset.names)}": float(study["initial"][0]) for name, study in by_title.items()},
            "loss before training (nats)",
            f"The initial loss equals log C to within {gap:.1g}",
        )
    ]
    return (initial if len(studies) > 1 else []) + [
        strips(
            accuracy,
            "validation accuracy",
            f"After training on shuffled labels, the mean accuracy is within {100 * excess:.1f} points of guessing",
        )
    ]
