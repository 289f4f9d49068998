"""Embeddings: the outputs of a layer as vectors, and nearest neighbors among them."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.interpret.probes import probe


def embed(model: Any, x: np.ndarray, layer: str | None = None) -> np.ndarray:
    """Return the flattened outputs of a layer, ``(n, d)``, by default the inputs of the last layer.

    Raises
    ------
    ValueError
        If there is no such layer, or if no layer is given and the model has only one.
    """
    whole = probe(model)
    if layer is None:
        if len(whole.names) < 2:
            raise ValueError(f"embed: layer must be given for model '{whole.model.name}', which has only one layer")
        layer = whole.names[-2]
    return whole.split(layer)[0].outputs(x).reshape(len(x), -1)


def nearest_neighbours(
    model: Any, x: np.ndarray, candidates: np.ndarray, layer: str | None = None, count: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest neighbors of examples in the embedding of a layer, as an explanation by similar examples.

    Papernot & McDaniel 2018, *Deep k-nearest neighbors*; the distance is the angle between the outputs.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A built model.
    x, candidates : ndarray
        Examples to explain, and the examples among which to search, usually the training examples.
    layer : str, optional
        The layer whose outputs to compare, by default the inputs of the last layer.
    count : int
        Number of neighbors.

    Returns
    -------
    indices : ndarray of shape (n, count)
        Indices of the candidates, the nearest first.
    similarity : ndarray of shape (n, count)
        Cosine similarity.

    Raises
    ------
    ValueError
        If there are fewer candidates than neighbors, and as in :func:`embed`.
    """
    if not 1 <= count <= len(candidates):
        raise ValueError(
            f"nearest_neighbours: count must be an integer from 1 to the number of candidates, {len(candidates)}, "
            f"got {count}"
        )
    a, b = (_unit(embed(model, part, layer)) for part in (x, candidates))
    cosine = a @ b.T
    indices = np.argsort(-cosine, axis=1, kind="stable")[:, :count]
    return indices, np.take_along_axis(cosine, indices, axis=1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
