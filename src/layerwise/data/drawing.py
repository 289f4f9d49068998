"""Drawing some of the examples, and scaling columns: the same as scikit-learn, which takes longer to import.

Which examples `drawn` returns are those of ``train_test_split`` with the same seed; the tests hold the two together.
"""

from __future__ import annotations

import numpy as np


def drawn(n: int, count: int, labels: np.ndarray | None, seed: int) -> np.ndarray:
    """Draw ``count`` of ``n`` examples and return their positions, each class in its proportion.

    Parameters
    ----------
    n, count : int
    labels : ndarray, shape (n,), or None
        The classes, None to draw whatever their class.
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
    """Spread ``count`` over groups in proportion to their sizes: rounded down, then one more by largest remainder.

    Chance decides between groups of the same remainder.
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


def mean_and_deviation(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation of each column; the latter is 1 where all differences are rounding.

    The second pass corrects the first for the rounding of the mean (Chan, Golub & LeVeque 1983, eq. 1.7).
    """
    n, unit = len(columns), np.finfo(np.float64).eps
    mean = columns.sum(axis=0, dtype=np.float64) / n
    centred = columns - mean
    variance = ((centred**2).sum(axis=0) - centred.sum(axis=0) ** 2 / n) / n
    constant = variance <= n * unit * variance + (n * mean * unit) ** 2
    return mean, np.where(constant, 1.0, np.sqrt(variance))


def least_and_range(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least value of each column and the distance to its largest; the latter is 1 where that is rounding."""
    least, largest = columns.min(axis=0).astype(np.float64), columns.max(axis=0).astype(np.float64)
    distance = largest - least
    return least, np.where(distance < 10 * np.finfo(np.float64).eps, 1.0, distance)
