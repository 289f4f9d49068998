"""Gradients by finite differences, and how far two gradients are apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def central_differences(values: np.ndarray, loss: Callable[[], float], step: float) -> np.ndarray:
    """Return the central difference ``(J(θ + ε) − J(θ − ε)) / 2ε`` for each number of an array.

    Parameters
    ----------
    values : ndarray
        Float array that the loss depends on; changed in place, and put back.
    loss : callable
        Returns the loss J with the values as they are.
    step : float
        The step ε.

    Returns
    -------
    ndarray
        In the shape of ``values``.
    """
    slopes = np.empty_like(values)
    for index in np.ndindex(values.shape):
        kept = values[index]
        losses = []
        for sign in (1, -1):
            values[index] = kept + sign * step
            losses.append(loss())
        values[index] = kept
        slopes[index] = (losses[0] - losses[1]) / (2 * step)
    return slopes


def relative_error(first: np.ndarray, second: np.ndarray) -> float:
    """Return ``‖first − second‖ / (‖first‖ + ‖second‖)``: near 0 where two gradients agree, 1 where they oppose."""
    return float(np.linalg.norm(first - second) / (np.linalg.norm(first) + np.linalg.norm(second)))
