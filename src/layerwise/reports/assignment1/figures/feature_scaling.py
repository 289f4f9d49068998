"""Feature scaling and conditioning."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw training on raw and on standardised features, and the curvatures behind it."""
    losses, spectrum = study.group("loss"), study.group("eigenvalues")
    condition = {kind: values.mean() for kind, values in study.group("condition").items()}
    names = {"raw": "raw features", "scaled": "standardized"}
    epochs = np.arange(losses["raw"].shape[1])
    end = {kind: losses[kind][:, -1].mean() for kind in losses}
    return [
        lines(
            {names[kind]: (epochs, losses[kind]) for kind in ("scaled", "raw")},
            "epoch",
            "training loss (nats per example)",
            f"After {epochs[-1]} epochs the loss is {end['scaled']:.3f} standardized, {end['raw']:.3f} raw",
            log="y",
        ),
        lines(
            {names[kind]: (np.arange(1, len(spectrum[kind]) + 1), spectrum[kind]) for kind in ("scaled", "raw")},
            "direction, by curvature",
            "curvature of the loss (eigenvalue)",
            f"Condition number {condition['raw']:.0e} raw, {condition['scaled']:.0e} standardized",
            log="y",
        ),
    ]
