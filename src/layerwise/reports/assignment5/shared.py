"""Helpers shared by several studies of regularization and normalization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Split

NORMALIZATIONS = {"plain": None, "batch": "batch", "layer": "layer"}


def error_rates(
    splits: dict[str, Split], split: Split, units: Sequence[int], rate: float, seed: int, steps: int, batch_size: int
) -> tuple[float, float]:
    """Train an MLP with dropout for about ``steps`` steps and return its training and validation error."""
    xv, yv = splits["validation"]
    stack = training_kit.layers(units, int(yv.max()) + 1, dropout=rate)
    epochs = max(1, round(steps * batch_size / len(split[1])))
    model = training_kit.train(stack, split, seed, nn.Adam(1e-3), epochs, batch_size)
    return tuple(1 - training_kit.accuracy(training_kit.logits(model, x), y) for x, y in (split, (xv, yv)))  # type: ignore[return-value]


def kernels(model: nn.Sequential) -> np.ndarray:
    """Return all kernels of a model as one flat array."""
    return np.concatenate([layer.params["kernel"].ravel() for layer in model.layers if "kernel" in layer.params])
