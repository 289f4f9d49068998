"""Mini-batches of a dataset."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def order_generator(seed: int | None) -> np.random.Generator:
    """Return the generator that orders the examples of a model with this seed.

    It is independent of the generator of the weights and of dropout: models of the same seed see the same batches
    whatever their layers draw.
    """
    return np.random.default_rng(None if seed is None else [seed, 1])


class Batches:
    """Mini-batches of examples, targets and sample weights.

    Parameters
    ----------
    x : ndarray
        Examples; converted to ``dtype`` one batch at a time, so that integer data need no float copy as a whole.
    y, weight : ndarray, optional
        Targets and sample weights in the form the loss takes.
    size : int
        Examples per batch; the last batch may be smaller.
    dtype : dtype or None
        Data type of the batches of examples; None keeps that of ``x``.
    """

    def __init__(
        self, x: np.ndarray, y: np.ndarray | None, weight: np.ndarray | None, size: int, dtype: str | None
    ) -> None:
        self.x, self.y, self.weight, self.size = x, y, weight, size
        self.dtype = np.dtype(dtype or x.dtype)
        shape = (min(size, len(x)), *x.shape[1:])
        self.shuffle_buffer = np.empty(shape, x.dtype)
        self.convert_buffer = self.shuffle_buffer if x.dtype == self.dtype else np.empty(shape, self.dtype)

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
        """Yield batches of the shuffled data; each batch of examples is overwritten by the next."""
        order = rng.permutation(len(self.x))
        for start in range(0, len(order), self.size):
            part = order[start : start + self.size]
            examples = self.shuffle_buffer[: len(part)]
            np.take(self.x, part, axis=0, out=examples, mode="clip")  # mode="raise" would make an extra copy
            yield (
                self.convert(examples),
                None if self.y is None else self.y.take(part, axis=0),
                None if self.weight is None else self.weight.take(part, axis=0),
            )

    def convert(self, x: np.ndarray) -> np.ndarray:
        """Return a batch of examples converted to ``dtype``."""
        if x.dtype == self.dtype:
            return x
        converted = self.convert_buffer[: len(x)]
        converted[...] = x
        return converted
