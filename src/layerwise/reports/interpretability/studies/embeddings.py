"""Nearest neighbors and embeddings."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs, split


def run(data: Data, runs: Runs, images: int = 500, neighbours: int = 5, mistakes: int = 4) -> dict[str, np.ndarray]:
    """Compare nearest neighbors and 2-D embeddings in pixel space and in the space before the last layer.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    images : int
        Number of test images, taken from the start.
    neighbours : int
        Number of nearest training images per test image.
    mistakes : int
        Maximum number of mistakes of the first run in the examples; correct predictions fill up to twice as many.

    Returns
    -------
    dict
        ``pixels``, ``network`` (runs,): share of the nearest training images that have the class of the test image, by
        cosine distance in pixel space and in the network's embedding; ``y`` (images,); ``space.<name>`` (images, d)
        and ``tsne.<name>`` (images, 2) for ``pixels`` and ``network``, first run; examples ``x`` (n, height, width)
        with true and predicted class ``truth``, ``said`` (n,), and their neighbors ``near`` (n, neighbors, height,
        width) with ``classes`` (n, neighbors).
    """
    from sklearn.manifold import TSNE
    from sklearn.neighbors import NearestNeighbors

    x, y = split(data)
    xt, yt = split(data, "train")
    x, y = x[:images], y[:images]
    [trained] = runs.values()
    flat = NearestNeighbors(n_neighbors=neighbours, metric="cosine").fit(_flat(xt)).kneighbors(_flat(x))[1]
    share: list[float] = []
    arrays: dict[str, np.ndarray] = {}
    for model in trained.models():
        near, _ = interpret.nearest_neighbours(model, x, xt, count=neighbours)
        share.append(float(np.mean(yt[near] == y[:, None])))
        if not arrays:
            predicted = interpret.probe(model).targets(x)
            wrong = np.flatnonzero(predicted != y)[:mistakes]
            shown = np.concatenate([np.flatnonzero(predicted == y)[: 2 * mistakes - len(wrong)], wrong])
            arrays = {
                "x": x[shown].mean(axis=-1),
                "truth": y[shown],
                "said": predicted[shown],
                "near": xt[near[shown]].mean(axis=-1),
                "classes": yt[near[shown]],
            }
            for name, vectors in (("pixels", _flat(x)), ("network", interpret.embed(model, x))):
                arrays[f"space.{name}"] = vectors
                arrays[f"tsne.{name}"] = TSNE(init="pca", perplexity=30, max_iter=500, random_state=0).fit_transform(
                    vectors
                )
    return {
        "network": np.array(share),
        "pixels": np.full(len(share), np.mean(yt[flat] == y[:, None])),
        "y": y,
        **arrays,
    }


def _flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)
