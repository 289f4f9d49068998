"""Constants and helpers shared by the studies of small networks."""

from __future__ import annotations

import numpy as np

from layerwise.estimators.two_layer_network import two_layer_loss_and_gradient
from layerwise.reports.numerical_gradient import central_differences

Parameters = list[np.ndarray]
UNITS = (1, 2, 3, 4, 5, 10, 20, 50, 100, 200)
ACTIVATIONS = ("sigmoid", "tanh", "relu")


def standardized(x: np.ndarray) -> np.ndarray:
    """Return the examples scaled to mean 0 and standard deviation 1 over all values, in float32."""
    return ((x - x.mean()) / x.std()).astype(np.float32)


def root_mean_square(array: np.ndarray) -> np.ndarray:
    """Return the root mean square of arrays ``(seeds, …, …)``, one value per seed."""
    return np.sqrt((array**2).mean(axis=(1, 2)))


def numerical_gradient(parameters: Parameters, x: np.ndarray, y: np.ndarray, step: float, output: str) -> np.ndarray:
    """Return the central differences of a two-layer network's loss for all parameters, as one vector."""

    def loss() -> float:
        return two_layer_loss_and_gradient(parameters, x, y, output=output)[0]

    return np.concatenate([central_differences(parameter, loss, step).ravel() for parameter in parameters])
