"""Inverted dropout keeps the expectation."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw the error of the mean over masks against the number of masks."""
    draws, error = study["draws"], study.group("error")
    last = {rate: values[:, -1].mean() for rate, values in error.items()}
    return lines(
        {f"rate {rate}": (draws, values) for rate, values in error.items()},
        "masks averaged",
        "relative error of the mean",
        f"After {draws[-1]:,} masks, the relative error of the mean is "
        + ", ".join(f"{100 * value:.1f}% (rate {rate})" for rate, value in last.items()),
        log="xy",
    )
