"""Optimizers."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the validation loss of each optimizer against the learning rate, and its losses at its best rate."""
    names = list(study.arguments["rates"])
    best = {name: float(study[f"best.{name}"][0]) for name in names}
    final = {name: study[f"last_validation.{name}"].mean() for name in names}
    early = {name: study[f"early_validation.{name}"].mean() for name in names}
    lowest, fastest = min(final, key=lambda n: final[n]), min(early, key=lambda n: early[n])
    epochs = np.arange(1, study[f"train.{lowest}"].shape[1] + 1)
    early_epochs = max(len(epochs) // 3, 1)
    return [
        lines(
            {name: (study[f"rates.{name}"], study[f"loss.{name}"]) for name in names},
            "learning rate",
            "final validation loss (nats)",
            "Best learning rates: " + ", ".join(f"{name} {rate:g}" for name, rate in best.items()),
            log="xy",
        ),
        lines(
            {f"{name}, {best[name]:g}": (epochs, study[f"train.{name}"]) for name in names},
            "epoch",
            "training loss (nats per example)",
            "Final training loss at the best rate: "
            + ", ".join(f"{name} {study[f'train.{name}'][:, -1].mean():.3f}" for name in names),
            log="y",
        ),
        lines(
            {f"{name}, {best[name]:g}": (epochs, study[f"validation.{name}"]) for name in names},
            "epoch",
            "validation loss (nats per example)",
            f"{fastest} has the lowest validation loss after {early_epochs} epochs ({early[fastest]:.2f}), "
            + (f"{lowest} at the end" if lowest != fastest else "and also at the end")
            + f" ({final[lowest]:.3f})",
            log="y",
        ),
    ]
