"""The order of the training examples, the same in both backends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from layerwise.nn.batches import order_generator


def order(seed: int, examples: int, epochs: int) -> Iterator[np.ndarray]:
    """Yield a new permutation of the examples for each epoch, those of a NumPy model with the same seed.

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
    rng = order_generator(seed)
    for _ in range(epochs):
        yield rng.permutation(examples).astype(np.int32)
