"""Permutation importance."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.explanations import ranked
from layerwise.reporting.artifacts import Study


def draw(study: Study, most: int = 12) -> Picture:
    """Draw odds ratios, permutation importance and integrated gradients of the same features side by side."""
    log_odds = np.log(study["odds"])
    order = np.argsort(-np.abs(log_odds.mean(axis=0)), kind="stable")[:most]
    names = study.dataset.info["feature_names"]
    outcome = study.dataset.names[1]
    measures = {
        f"log of the odds ratio ({outcome})": log_odds[:, order],
        "accuracy lost when shuffled (points)": 100 * study["permutation"][:, order],
        "mean |integrated gradient|": study["gradients"][:, order],
    }
    lost = 100 * study["permutation"].mean(axis=0)
    top = int(np.argmax(lost))
    return ranked(
        measures,
        [names[j] for j in order],
        f"Shuffling “{names[top]}” costs the most accuracy, {lost[top]:.1f} points; {np.sum(lost < 0.5)} of "
        f"{len(lost)} features cost less than half a point",
        {},
    )
