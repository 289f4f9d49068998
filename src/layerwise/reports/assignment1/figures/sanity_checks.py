"""Sanity checks before training."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study


def draw(studies: list[Study]) -> list[Picture]:
    """Draw the loss before training beside log C, and what shuffled labels teach."""
    titles = {study.dataset.info["title"].split(":")[0].split(" (")[0]: study for study in studies}
    apart = max(float(study["gap"][0]) for study in studies)
    worst = max(float(np.abs(study["shuffled"].mean() - study["guessing"].mean())) for study in studies)
    shuffled: dict[str, np.ndarray] = {}
    for name, study in titles.items():
        shuffled[f"{name}: true labels"] = study["true"]
        shuffled["  shuffled" + "\u200b" * len(shuffled)] = study["shuffled"]
    before = [
        plots.bars(
            {f"{name}, C = {len(study.dataset.names)}": float(study["initial"][0]) for name, study in titles.items()},
            "loss before training (nats)",
            f"Training starts at log C, to within {apart:.1g}",
        )
    ]
    return (before if len(studies) > 1 else []) + [
        strips(
            shuffled,
            "validation accuracy",
            f"After training on shuffled labels, at most {100 * worst:.1f} points from guessing on average",
        )
    ]
