"""Optimizers of a deep network."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study

OPTIMIZERS = {
    "sgd": "SGD",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
}


def draw(study: Study) -> list[Picture]:
    """Draw training loss and validation accuracy of each optimizer at its own best rate."""
    pictures = []
    loss, last = study.group("loss"), study.group("last")
    early = study.group("early")
    fast = min(early, key=lambda name: early[name].mean())
    slow = max(early, key=lambda name: early[name].mean())
    epochs = np.arange(1, loss["sgd"].shape[1] + 1)
    series = {f"{OPTIMIZERS[name]}, rate {float(study[f'rate.{name}'][0]):g}": (epochs, v) for name, v in loss.items()}
    third = len(epochs) // 3
    pictures.append(
        lines(
            series,
            "epoch",
            "training loss (nats per example)",
            f"After {third} epochs {OPTIMIZERS[fast]} stands at {early[fast].mean():.3f}, {OPTIMIZERS[slow]} at "
            f"{early[slow].mean():.3f}",
            log="y",
        )
    )
    accuracy = study.group("accuracy")
    best = max(accuracy, key=lambda name: accuracy[name].mean())
    pictures.append(
        strips(
            {OPTIMIZERS[name]: values for name, values in accuracy.items()},
            "validation accuracy at the end",
            f"{OPTIMIZERS[best]} ends highest, {100 * accuracy[best].mean():.1f} %; training losses end between "
            f"{min(v.mean() for v in last.values()):.3f} and {max(v.mean() for v in last.values()):.3f}",
        )
    )
    return pictures
