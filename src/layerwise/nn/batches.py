"""Batches of a data set, without a copy where none is needed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


class Batches:
    """Batches of examples, targets and sample weights.

    Parameters
    ----------
    x : ndarray
        Examples; turned into ``dtype`` batch by batch, so that bytes stay bytes until they are needed.
    y, weight : ndarray, optional
        Targets and sample weights, ready for the loss.
    size : int
        Examples in a batch; the last one may have fewer.
    dtype : dtype or None
        Type that the examples are served in; None leaves it.
    """

    def __init__(
        self, x: np.ndarray, y: np.ndarray | None, weight: np.ndarray | None, size: int, dtype: str | None
    ) -> None:
        self.x, self.y, self.weight, self.size = x, y, weight, size
        self.dtype = np.dtype(dtype or x.dtype)
        shape = (min(size, len(x)), *x.shape[1:])
        self.taken = np.empty(shape, x.dtype)
        self.served = self.taken if x.dtype == self.dtype else np.empty(shape, self.dtype)

    def __len__(self) -> int:
        return -(-len(self.x) // self.size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray | None, np.ndarray | None]]:
        """Yield the batches in the order of the data."""
        for start in range(0, len(self.x), self.size):
            part = slice(start, start + self.size)
            yield (
                self.convert(self.x[part]),
                None if self.y is None else self.y[part],
                None if self.weight is None else self.weight[part],
            )

    def shuffled(self, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray | None, np.ndarray | None]]:
        """Yield the batches in a new random order; each batch of examples is overwritten by the next."""
        order = rng.permutation(len(self.x))
        for start in range(0, len(order), self.size):
            part = order[start : start + self.size]
            taken = self.taken[: len(part)]
            np.take(self.x, part, axis=0, out=taken, mode="clip")  # with "raise" NumPy would copy once more
            yield (
                self.convert(taken),
                None if self.y is None else self.y.take(part, axis=0),
                None if self.weight is None else self.weight.take(part, axis=0),
            )

    def convert(self, x: np.ndarray) -> np.ndarray:
        """Return a batch of examples in the type wanted."""
        if x.dtype == self.dtype:
            return x
        served = self.served[: len(x)]
        served[...] = x
        return served
