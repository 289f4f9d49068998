"""Gradients by finite differences, and the relative error between two gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def central_differences(values: np.ndarray, loss: Callable[[], float], step: float) -> np.ndarray:
    """Return the central difference ``(J(θ + ε) − J(θ − ε)) / 2ε`` for each entry of an array.

    Parameters
    ----------
    values : ndarray
        Float array on which the loss depends; modified in place and restored.
    loss : callable
        Returns the loss J for the current values.
    step : float
        The step ε.

    Returns
    -------
    ndarray
        The differences, of the same shape as ``values``.
    """
    slopes = np.empty_like(values)
    for index in np.ndindex(values.shape):
        original = values[index]
        losses = []
        for sign in (1, -1):
            values[index] = original + sign * step
            losses.append(loss())
        values[index] = original
        slopes[index] = (losses[0] - losses[1]) / (2 * step)
    return slopes


def relative_error(first: np.ndarray, second: np.ndarray) -> float:
    """Return ``‖first − second‖ / (‖first‖ + ‖second‖)``: 0 for equal gradients, 1 for opposite ones."""
    return float(np.linalg.norm(first - second) / (np.linalg.norm(first) + np.linalg.norm(second)))
