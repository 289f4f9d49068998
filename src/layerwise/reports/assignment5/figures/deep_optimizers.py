"""Optimizers of a deep network."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the training loss and validation accuracy of each optimizer at its best learning rate."""
    pictures = []
    loss, last = study.group("train"), study.group("last_train")
    early = study.group("early_train")
    fast = min(early, key=lambda name: early[name].mean())
    slow = max(early, key=lambda name: early[name].mean())
    epochs = np.arange(1, loss["SGD"].shape[1] + 1)
    series = {f"{name}, rate {float(study[f'best.{name}'][0]):g}": (epochs, v) for name, v in loss.items()}
    third = len(epochs) // 3
    pictures.append(
        lines(
            series,
            "epoch",
            "training loss (nats per example)",
            f"Loss after {third} epochs: {early[fast].mean():.3f} with {fast}, {early[slow].mean():.3f} with {slow}",
            log="y",
        )
    )
    accuracy = study.group("last_accuracy")
    best = max(accuracy, key=lambda name: accuracy[name].mean())
    pictures.append(
        strips(
            accuracy,
            "final validation accuracy",
            f"Highest final accuracy: {best}, {100 * accuracy[best].mean():.1f}%; final training losses are between "
            f"{min(v.mean() for v in last.values()):.3f} and {max(v.mean() for v in last.values()):.3f}",
        )
    )
    return pictures
