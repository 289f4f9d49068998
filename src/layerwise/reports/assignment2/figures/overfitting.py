"""Overfitting, early stopping and L2."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the losses of long training with and without L2, and the test accuracy with each regularizer."""
    epoch = study["epoch"]
    train, validation = study.group("train"), study.group("validation")
    plain = next(iter(train))
    minimum = float(np.median(study["turn"]))
    best = float(study["best"][0])
    accuracy = study.group("accuracy")
    names = {"last": "no regularization", "stopped": "early stopping", "decayed": f"L2, λ = {best:g}"}
    highest = max(accuracy, key=lambda kind: accuracy[kind].mean())
    return [
        lines(
            {"training": (epoch[1:], train[plain][:, 1:]), "validation": (epoch[1:], validation[plain][:, 1:])},
            "epoch",
            "loss (nats per example)",
            f"The validation loss has its minimum at epoch {minimum:.0f} (median); the training loss keeps falling",
            log="x",
            vertical=("minimum", minimum),
        ),
        lines(
            {
                "no penalty" if value == plain else f"λ = {value}": (epoch[1:], curve[:, 1:])
                for value, curve in validation.items()
            },
            "epoch",
            "validation loss (nats per example)",
            f"λ = {best:g} has the lowest final validation loss",
            log="x",
        ),
        strips(
            {names[kind]: values for kind, values in accuracy.items()},
            "test accuracy",
            f"Highest test accuracy: {names[highest]}, {100 * accuracy[highest].mean():.1f}%",
        ),
    ]
