"""What several studies of multilayer perceptrons share: the network, its training and the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit


def network(
    x: np.ndarray, y: np.ndarray, hidden: Sequence[int], seed: int, optimizer: Any = "sgd", activation: str = "relu"
) -> nn.Sequential:
    """Return a compiled perceptron for such examples, ReLU units from He's weights, others from Glorot's."""
    initializer = "he_normal" if activation in ("relu", "leaky_relu") else "glorot_uniform"
    stack = [nn.Dense(units, activation, kernel_initializer=initializer) for units in hidden]
    return training_kit.classifier([*stack, nn.Dense(int(y.max()) + 1)], x.shape[1:], seed, optimizer)


def root_mean_square(array: np.ndarray) -> float:
    """Return the root of the mean square of all numbers of an array."""
    return float(np.sqrt((array.astype(float) ** 2).mean()))
