"""Optimizers."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw what each optimizer reaches over learning rates, and its way down at its best one."""
    names = list(study.arguments["rates"])
    best = {name: float(study[f"best.{name}"][0]) for name in names}
    final = {name: study[f"last_validation.{name}"].mean() for name in names}
    early = {name: study[f"early_validation.{name}"].mean() for name in names}
    winner, fastest = min(final, key=lambda n: final[n]), min(early, key=lambda n: early[n])
    epochs = np.arange(1, study[f"train.{winner}"].shape[1] + 1)
    early_epochs = max(len(epochs) // 3, 1)
    return [
        lines(
            {name: (study[f"rates.{name}"], study[f"loss.{name}"]) for name in names},
            "learning rate",
            "validation loss at the end (nats)",
            "Each has its own best rate: " + ", ".join(f"{name} {rate:g}" for name, rate in best.items()),
            log="xy",
        ),
        lines(
            {f"{name}, {best[name]:g}": (epochs, study[f"train.{name}"]) for name in names},
            "epoch",
            "training loss (nats per example)",
            "Each at its best rate, training loss at the end: "
            + ", ".join(f"{name} {study[f'train.{name}'][:, -1].mean():.3f}" for name in names),
            log="y",
        ),
        lines(
            {f"{name}, {best[name]:g}": (epochs, study[f"validation.{name}"]) for name in names},
            "epoch",
            "validation loss (nats per example)",
            f"{fastest} leads after {early_epochs} epochs ({early[fastest]:.2f}), "
            + (f"{winner} at the end" if winner != fastest else "and at the end")
            + f" ({final[winner]:.3f})",
            log="y",
        ),
    ]
