"""Nearest neighbours and embeddings."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs, split


def run(data: Data, runs: Runs, images: int = 500, neighbours: int = 5, mistakes: int = 4) -> dict[str, np.ndarray]:
    """Look at the space before the last layer: near whom does it put an image, and how does it part the classes.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    images : int
        Test images, the first ones.
    neighbours : int
        Training images nearest to each.
    mistakes : int
        Mistakes of the first run whose neighbours are kept, and as many images it gets right.

    Returns
    -------
    dict
        ``pixels``, ``network`` (runs,): share of an image's nearest training images that are of its class, measured
        in pixels and in the network's space; ``y`` (images,); ``space.<name>`` (images, d) and ``tsne.<name>``
        (images, 2) of ``pixels`` and ``network``, first run; ``x`` (n, height, width),
        ``truth``, ``said`` (n,), ``near`` (n, neighbours, height, width), ``classes`` (n, neighbours): images and their
        neighbours.
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
            said = interpret.probe(model).targets(x)
            wrong = np.flatnonzero(said != y)[:mistakes]
            shown = np.concatenate([np.flatnonzero(said == y)[: 2 * mistakes - len(wrong)], wrong])
            arrays = {
                "x": x[shown].mean(axis=-1),
                "truth": y[shown],
                "said": said[shown],
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
