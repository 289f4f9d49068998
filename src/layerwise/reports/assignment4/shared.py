"""Helpers shared by several studies: two vectorized implementations of convolution, and a balanced order."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def by_windows(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the valid cross-correlation of ``x`` with ``w``, one tensor product per window."""
    k = len(w)
    rows, columns = x.shape[1] - k + 1, x.shape[2] - k + 1
    y = np.empty((len(x), rows, columns, w.shape[-1]))
    for i, j in product(range(rows), range(columns)):
        y[:, i, j] = np.tensordot(x[:, i : i + k, j : j + k], w, 3)
    return y


def by_matrix(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the valid cross-correlation of ``x`` with ``w`` as one matrix product (im2col)."""
    windows = sliding_window_view(x, w.shape[:2], (1, 2)).transpose(0, 1, 2, 4, 5, 3)
    rows = windows.reshape(*windows.shape[:3], -1)
    return rows @ w.reshape(-1, w.shape[-1])


def balanced_order(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return all rows in random order, cycling through the classes."""
    order = rng.permutation(len(y))
    turn = np.empty(len(y), int)
    for k in np.unique(y):
        members = order[y[order] == k]
        turn[members] = np.arange(len(members))
    return order[np.argsort(turn[order], kind="stable")]
