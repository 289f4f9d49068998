"""Feature scaling and conditioning."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the training loss with raw and with standardized features, and the eigenvalues of the Hessian."""
    losses, spectrum = study.group("loss"), study.group("eigenvalues")
    condition = {kind: values.mean() for kind, values in study.group("condition").items()}
    names = {"raw": "raw features", "scaled": "standardized features"}
    epochs = np.arange(losses["raw"].shape[1])
    final = {kind: losses[kind][:, -1].mean() for kind in losses}
    return [
        lines(
            {names[kind]: (epochs, losses[kind]) for kind in ("scaled", "raw")},
            "epoch",
            "training loss (nats per example)",
            f"Loss after {epochs[-1]} epochs: {final['scaled']:.3f} with standardized features, {final['raw']:.3f} "
            "with raw features",
            log="y",
        ),
        lines(
            {names[kind]: (np.arange(1, len(spectrum[kind]) + 1), spectrum[kind]) for kind in ("scaled", "raw")},
            "index of the eigenvalue",
            "eigenvalue of the Hessian",
            f"Condition number: {condition['raw']:.0e} with raw features, {condition['scaled']:.0e} with standardized "
            "features",
            log="y",
        ),
    ]
