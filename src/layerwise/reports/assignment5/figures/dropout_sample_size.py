"""Dropout vs sample size."""

from __future__ import annotations

from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw the validation error with and without dropout against the number of training examples."""
    counts = study["examples"]
    gains = {count: 100 * study[f"gain.{count}"].mean() for count in counts}
    best = max(gains, key=lambda count: gains[count])
    return lines(
        {"without dropout": (counts, study["plain"]), "with dropout": (counts, study["dropout"])},
        "training examples",
        "validation error",
        f"Dropout lowers the error most with {best:,} examples, by {signed(f'{gains[best]:.1f}')} points; with "
        f"{counts[-1]:,} by {signed(f'{gains[counts[-1]]:.1f}')} points",
        log="x",
        marked=True,
    )
