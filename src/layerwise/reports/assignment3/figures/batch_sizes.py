"""Batch size."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw training with batches of several sizes, and how noisy their gradients are."""
    sizes, noise = study["sizes"], study["noise"]
    epochs = np.arange(1, study[f"fixed.{sizes[0]}"].shape[1] + 1)
    small, large = sizes[0], sizes[-1]
    ends = {kind: [study[f"{kind}_end.{size}"].mean() for size in (small, large)] for kind in ("fixed", "scaled")}
    return [
        *(
            lines(
                {f"batches of {size}": (epochs, study[f"{kind}.{size}"]) for size in sizes},
                "epoch",
                "training loss (nats per example)",
                f"{words}: batches of {small} end at {ends[kind][0]:.3f}, of {large} at {ends[kind][1]:.3f}",
                log="y",
            )
            for kind, words in (("fixed", "One rate for all"), ("scaled", "Rate in proportion to the batch"))
        ),
        lines(
            {"at the start": (sizes, noise)},
            "examples in a batch",
            "distance to the whole gradient ÷ its size",
            f"The noise of a batch falls as its size to the power {study['slope'].mean():.2f}",
            log="xy",
            marked=True,
        ),
    ]
