"""The space that a layer spans: where it puts examples, and who is near whom there."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.interpret.probes import probe


def embed(model: Any, x: np.ndarray, layer: str | None = None) -> np.ndarray:
    """Return the outputs of a layer, flat, ``(n, d)``; by default what enters the last layer.

    Raises
    ------
    ValueError
        If there is no such layer, or only one and none is named.
    """
    whole = probe(model)
    if layer is None:
        if len(whole.names) < 2:
            raise ValueError(f"embed: model '{whole.model.name}' has one layer only, and no space before it")
        layer = whole.names[-2]
    return whole.split(layer)[0].outputs(x).reshape(len(x), -1)


def nearest_neighbours(
    model: Any, x: np.ndarray, candidates: np.ndarray, layer: str | None = None, count: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """Return the examples that a layer puts next to others: an explanation by precedent.

    Papernot & McDaniel 2018, *Deep k-nearest neighbors*; the distance is the angle between outputs.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A built model.
    x, candidates : ndarray
        Examples to explain, and those to explain them by, usually the training examples.
    layer : str, optional
        Whose output is compared, by default what enters the last layer.
    count : int
        Neighbours.

    Returns
    -------
    indices : ndarray of shape (n, count)
        Of the candidates, the nearest first.
    similarity : ndarray of shape (n, count)
        Cosine of the angle.

    Raises
    ------
    ValueError
        If there are fewer candidates than neighbours, or as of :func:`embed`.
    """
    if not 1 <= count <= len(candidates):
        raise ValueError(f"nearest_neighbours: count is {count}; accepted are 1 to {len(candidates)}, the candidates")
    a, b = (_unit(embed(model, part, layer)) for part in (x, candidates))
    cosine = a @ b.T
    indices = np.argsort(-cosine, axis=1, kind="stable")[:, :count]
    return indices, np.take_along_axis(cosine, indices, axis=1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
