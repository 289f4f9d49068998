"""Helpers of the studies of logistic regression: fitting, and random orders that begin with every class."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from layerwise.reports import logistic


def fitted(x: np.ndarray, y: np.ndarray, l2: float, **settings) -> logistic.Logistic:
    """Fit until the gradient norm is at most 1e-3 or for 500 epochs, accurate enough for these studies."""
    return logistic.fitted(x, y, l2=l2, **{"max_epochs": 500, "tol": 1e-3, **settings})


def shuffled(y: np.ndarray, seed: int) -> Iterator[int]:
    """Yield all row indices in random order, one of each class first, so that every subset contains all classes."""
    order = np.random.default_rng(seed).permutation(len(y))
    first = [int(order[np.flatnonzero(y[order] == k)[0]]) for k in np.unique(y)]
    yield from first
    yield from (int(row) for row in order if row not in first)
