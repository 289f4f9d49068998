"""What a trained network has made of an image at each depth: filters, feature maps, embeddings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.manifold import TSNE

from layerwise import nn
from layerwise.studies.inputs import Data, Split, named
from layerwise.studies.runs import Trained


def stages(model: nn.Sequential, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return the images and what comes out of each convolution, pooling, dense and residual layer, by name."""
    kept = (nn.Conv2D, nn.MaxPooling2D, nn.AveragePooling2D, nn.Dense, nn.Residual)
    outputs = {"pixels": x}
    for layer in model.layers:
        x = layer.forward(x)
        if isinstance(layer, kept):
            outputs[layer.name] = x.copy()  # the next pass writes over it
    return outputs


def mixed(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Split:
    """Return examples and classes in random order."""
    order = rng.permutation(len(y))
    return x[order], y[order]


def nearest(x: np.ndarray, y: np.ndarray, others: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of examples ``(n, d)`` whose nearest neighbour among others ``(m, d)`` is of their class."""
    distance = (others**2).sum(axis=1) - 2 * x @ others.T  # less ‖x‖², the same for all others
    return float(np.mean(labels[distance.argmin(axis=1)] == y))


def plane(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the first two principal components of points ``(n, d)``, and the share of the variance they carry."""
    centred = points - points.mean(axis=0)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(directions[:2]).argmax(axis=1)
    signs = np.sign(directions[[0, 1], largest])[:, None]  # arbitrary otherwise
    return centred @ (directions[:2] * signs).T, float((values[:2] ** 2).sum() / (values**2).sum())


def layers(
    data: Data,
    runs: Mapping[str, Trained],
    drawn: int = 300,
    neighbours: int = 1000,
    perplexity: float = 30.0,
) -> dict[str, np.ndarray]:
    """Look at validation images through each layer of trained convolutional networks.

    Parameters
    ----------
    data : mapping
        The dataset they were trained on.
    runs : mapping
        One experiment in the NumPy backend.
    drawn : int
        Validation images whose embeddings are drawn.
    neighbours : int
        Training images among which the nearest is looked for.
    perplexity : float
        Of t-SNE (van der Maaten & Hinton 2008), roughly how many neighbours count.

    Returns
    -------
    dict
        ``filters`` (k, k, channels, filters): the first layer's; ``map.<layer>`` (h, w, channels) of one image.
        ``y`` (drawn,); ``pca.<layer>`` and ``tsne.<layer>`` (drawn, 2) for pixels, poolings and dense layers, of the
        first run; ``share.<layer>`` (): variance that the two components carry; ``nearest.<layer>`` (runs,): validation
        images whose nearest training image is of their class.
    """
    [(_, splits)] = data.items()
    rng = np.random.default_rng(0)  # the splits are sorted by class
    (x, y), (xv, yv) = (mixed(*splits[name], rng) for name in ("train", "validation"))
    [trained] = runs.values()
    found: dict[str, list[float]] = {}
    for model in trained.models():
        inside = stages(model, np.concatenate([xv, x[:neighbours]]))
        if not found:
            first, filters = inside, model.get_weights()[0]
            embedded = [name for name in inside if not name.startswith(("conv", "residual"))]
        for name in embedded:
            flat = inside[name].reshape(len(inside[name]), -1)
            share = nearest(flat[: len(xv)], yv, flat[len(xv) :], y[:neighbours])
            found.setdefault(name, []).append(share)
    points = {name: first[name][:drawn].reshape(drawn, -1).astype(np.float64) for name in embedded}
    planes = {name: plane(flat) for name, flat in points.items()}
    settings = {"perplexity": perplexity, "init": "pca", "random_state": 0}
    return {
        "filters": filters,
        **{f"map.{name}": maps[0] for name, maps in first.items() if maps.ndim == 4},
        "y": yv[:drawn],
        **named("pca", planes, (plotted for plotted, _ in planes.values())),
        **named("share", planes, (share for _, share in planes.values())),
        **named("tsne", points, (TSNE(**settings).fit_transform(flat) for flat in points.values())),
        **named("nearest", found, found.values()),
    }
