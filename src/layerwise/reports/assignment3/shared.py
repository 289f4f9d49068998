"""Helpers shared by the studies of multilayer perceptrons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit


def network(
    x: np.ndarray, y: np.ndarray, hidden: Sequence[int], seed: int, optimizer: Any = "sgd", activation: str = "relu"
) -> nn.Sequential:
    """Return a compiled MLP for some data, with He initialization of ReLU units and Glorot initialization of others."""
    initializer = "he_normal" if activation in ("relu", "leaky_relu") else "glorot_uniform"
    stack = [nn.Dense(units, activation, kernel_initializer=initializer) for units in hidden]
    return training_kit.classifier([*stack, nn.Dense(int(y.max()) + 1)], x.shape[1:], seed, optimizer)


def root_mean_square(array: np.ndarray) -> float:
    """Return the root mean square of an array."""
    return float(np.sqrt((array.astype(float) ** 2).mean()))
