"""Batch size."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the training loss with batches of several sizes, and the noise of their gradients."""
    sizes, noise = study["sizes"], study["noise"]
    epochs = np.arange(1, study[f"fixed.{sizes[0]}"].shape[1] + 1)
    small, large = sizes[0], sizes[-1]
    final = {kind: [study[f"{kind}_end.{size}"].mean() for size in (small, large)] for kind in ("fixed", "scaled")}
    return [
        *(
            lines(
                {f"batches of {size}": (epochs, study[f"{kind}.{size}"]) for size in sizes},
                "epoch",
                "training loss (nats per example)",
                f"{rates}: final loss {final[kind][0]:.3f} with batches of {small}, {final[kind][1]:.3f} with {large}",
                log="y",
            )
            for kind, rates in (("fixed", "Equal learning rates"), ("scaled", "Rates proportional to batch size"))
        ),
        lines(
            {"before training": (sizes, noise)},
            "batch size",
            "relative error of the gradient",
            f"The gradient noise is proportional to the batch size to the power {study['slope'].mean():.2f}",
            log="xy",
            marked=True,
        ),
    ]
