"""Permutation importance of the columns of a user's table."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.explanations import importance
from layerwise.reporting.artifacts import Study
from layerwise.reports.user_table.shared import groups


def draw(study: Study, most: int = 15) -> Picture:
    """Draw the increase of the test loss when a column is shuffled, the most important columns first."""
    names = list(groups(study.dataset.info))
    increase = study["increase"]
    order = np.argsort(-increase.mean(axis=0), kind="stable")[:most]
    unit = "nats" if study.dataset.info["classes"] else "variances of the target"
    first = names[order[0]]
    return importance(
        increase[:, order],
        [names[j] for j in order],
        f"increase of the test loss ({unit}) when shuffled",
        f"Shuffling “{first}” increases the loss most, from {study['loss'].mean():.3f} by "
        f"{increase[:, order[0]].mean():.3f} {unit}",
    )
