"""What several studies of logistic regression share: how far a model is fitted, and the order of examples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from layerwise.reports import logistic


def fitted(x: np.ndarray, y: np.ndarray, l2: float, **settings) -> logistic.Logistic:
    """Fit until the gradient is 1e-3 or 500 epochs are over: close enough for every measure here."""
    return logistic.fitted(x, y, l2=l2, **{"max_epochs": 500, "tol": 1e-3, **settings})


def shuffled(y: np.ndarray, seed: int) -> Iterator[int]:
    """Yield all rows in random order, but one of each class first, so that any beginning knows all classes."""
    order = np.random.default_rng(seed).permutation(len(y))
    first = [int(order[np.flatnonzero(y[order] == k)[0]]) for k in np.unique(y)]
    yield from first
    yield from (int(row) for row in order if row not in first)
