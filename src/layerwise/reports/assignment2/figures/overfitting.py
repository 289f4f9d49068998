"""Overfitting, early stopping and L2."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the losses of ever longer training, what L2 does to them, and the test accuracy of each remedy."""
    epoch = study["epoch"]
    train, validation = study.group("train"), study.group("validation")
    plain = next(iter(train))
    turn = float(np.median(study["turn"]))
    best = float(study["best"][0])
    accuracy = study.group("accuracy")
    names = {"last": "trained to the end", "stopped": "stopped early", "decayed": f"L2, λ = {best:g}"}
    winner = max(accuracy, key=lambda kind: accuracy[kind].mean())
    return [
        lines(
            {"training": (epoch[1:], train[plain][:, 1:]), "validation": (epoch[1:], validation[plain][:, 1:])},
            "epoch",
            "loss (nats per example)",
            f"The validation loss turns at epoch {turn:.0f} (median); the training loss goes on falling",
            log="x",
            vertical=("turn", turn),
        ),
        lines(
            {
                "no penalty" if value == plain else f"λ = {value}": (epoch[1:], curve[:, 1:])
                for value, curve in validation.items()
            },
            "epoch",
            "validation loss (nats per example)",
            f"λ = {best:g} ends with the lowest validation loss",
            log="x",
        ),
        strips(
            {names[kind]: values for kind, values in accuracy.items()},
            "test accuracy",
            f"Best on the test split: {names[winner]}, {100 * accuracy[winner].mean():.1f} %",
        ),
    ]
