"""Dropout vs sample size."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw the error with and without dropout over the number of training examples."""
    counts = study["examples"]
    gains = {count: 100 * study[f"gain.{count}"].mean() for count in counts}
    best = max(gains, key=lambda count: gains[count])
    return lines(
        {"without dropout": (counts, study["plain"]), "with dropout": (counts, study["dropout"])},
        "training examples",
        "validation error",
        f"Dropout gains most on {best:,} examples, {gains[best]:+.1f} points; on {counts[-1]:,} it gains "
        f"{gains[counts[-1]]:+.1f}",
        log="x",
        marked=True,
    )
