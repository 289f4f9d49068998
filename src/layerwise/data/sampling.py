"""Stratified sampling without scikit-learn, whose import takes longer than preparing most datasets.

The samples equal those of ``train_test_split`` with the same seed, which the tests verify.
"""

from __future__ import annotations

import numpy as np


def stratified_sample(n: int, count: int, labels: np.ndarray | None, seed: int) -> np.ndarray:
    """Draw a stratified sample of ``count`` of ``n`` examples and return their indices.

    Parameters
    ----------
    n, count : int
    labels : ndarray, shape (n,), or None
        Classes to stratify by, or None for a simple random sample.
    seed : int
    """
    rng = np.random.RandomState(seed)
    if labels is None:
        return rng.permutation(n)[:count]
    classes, sizes = np.unique(labels, return_counts=True)
    kept = _shares(sizes, n - count, rng)
    taken = _shares(sizes - kept, count, rng)
    orders = [np.flatnonzero(labels == label)[rng.permutation(size)] for label, size in zip(classes, sizes)]
    return np.concatenate([order[first : first + more] for order, first, more in zip(orders, kept, taken)])


def _shares(sizes: np.ndarray, count: int, rng: np.random.RandomState) -> np.ndarray:
    """Allocate ``count`` to groups in proportion to their sizes by the largest-remainder method.

    Ties between equal remainders are broken at random.
    """
    exact = sizes / sizes.sum() * count
    shares = np.floor(exact)
    remainders, missing = exact - shares, int(count - shares.sum())
    for remainder in np.unique(remainders)[::-1]:
        if not missing:
            break
        tied = np.flatnonzero(remainders == remainder)
        chosen = rng.choice(tied, min(len(tied), missing), replace=False)
        shares[chosen] += 1
        missing -= len(chosen)
    return shares.astype(int)
