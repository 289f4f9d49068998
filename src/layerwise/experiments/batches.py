"""The order of the training examples, the same in both backends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def generator(seed: int) -> np.random.Generator:
    """Return the generator of the permutations of a run, independent of the one that draws the initial weights."""
    return np.random.default_rng([seed, 1])


def order(seed: int, examples: int, epochs: int) -> Iterator[np.ndarray]:
    """Yield a new permutation of the examples for each epoch.

    Each permutation is drawn when its epoch begins, so that only one is in memory.

    Parameters
    ----------
    seed : int
        Seed of all permutations.
    examples, epochs : int
        Number of examples and of permutations.

    Yields
    ------
    ndarray of int32, shape (examples,)
        Indices of the examples, to be split into consecutive batches.
    """
    rng = generator(seed)
    for _ in range(epochs):
        yield rng.permutation(examples).astype(np.int32)
