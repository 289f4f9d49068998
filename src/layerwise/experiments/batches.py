"""The order in which a training sees its examples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def order(seed: int, examples: int, epochs: int) -> Iterator[np.ndarray]:
    """Yield the order of the examples in each epoch, a new permutation every time.

    An order is made when its epoch begins, so that however many epochs there are, one is held.

    Parameters
    ----------
    seed : int
        Decides all of them.
    examples, epochs : int
        Number of examples, and of orders.

    Yields
    ------
    ndarray of int32, shape (examples,)
        Batches are cut from it one after the other; the last may have fewer examples.
    """
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        yield rng.permutation(examples).astype(np.int32)
