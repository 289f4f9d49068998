"""Xavier (Glorot) and He initialization."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment2.figures.labels import ACTIVATIONS


def draw(study: Study, measure: str) -> list[Picture]:
    """Draw, for each activation, the size of the signal or of the gradient in each layer."""
    labels = {"signal": "standard deviation of the units", "gradient": "gradient of the weights (RMS)"}
    pictures = []
    for activation, label in ACTIVATIONS.items():
        series = {}
        for key, values in study.group(measure).items():
            kind, _, start = key.partition(".")
            if kind == activation:
                series[start] = (np.arange(1, values.shape[1] + 1), values)
        ends = (0, -1) if measure == "signal" else (-2, 0)  # denominator and numerator
        change = {start: float((v[:, ends[1]] / v[:, ends[0]]).mean()) for start, (_, v) in series.items()}
        starts = [start for start in ("small", "glorot", "he", "large") if start in change]
        pictures.append(
            lines(
                series,
                "layer",
                labels[measure],
                f"{label}, {measure} of the {'last ÷ first' if measure == 'signal' else 'first ÷ last'} hidden layer: "
                + ", ".join(f"{start} {change[start]:.3g}" for start in starts),
                log="y",
            )
        )
    return pictures
