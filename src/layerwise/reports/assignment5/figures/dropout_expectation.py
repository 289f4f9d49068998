"""Inverted dropout keeps the expectation."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw how the mean over masks nears the input."""
    draws, error = study["draws"], study.group("error")
    last = {rate: values[:, -1].mean() for rate, values in error.items()}
    return lines(
        {f"rate {rate}": (draws, values) for rate, values in error.items()},
        "masks averaged",
        "distance from the input ÷ its length",
        f"After {draws[-1]:,} masks the mean is off by "
        + ", ".join(f"{100 * value:.1f} % (rate {rate})" for rate, value in last.items()),
        log="xy",
    )
