"""Overfitting, early stopping and L2."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the losses of long training with and without L2, and the test accuracy over λ."""
    epoch = study["epoch"]
    train, validation = study.group("train"), study.group("validation")
    plain = next(iter(train))
    minimum = float(np.median(study["turn"]))
    best = float(study["best"][0])
    strengths, accuracy = study["strengths"], study["test_accuracy"]
    correct = {kind: 100 * values.mean() for kind, values in study.group("correct").items()}
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
        lines(
            {"L2": (strengths[1:], accuracy[:, 1:])},
            "strength λ",
            "test accuracy",
            f"Test accuracy {correct['decayed']:.1f}% with λ = {best:g}, {correct['stopped']:.1f}% with early "
            f"stopping, {correct['last']:.1f}% without either",
            log="x",
            marked=True,
            reference=("no regularization", float(accuracy[:, 0].mean())),
            vertical=("chosen on validation", best) if best else None,
        ),
    ]
