"""Feature maps and embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from sklearn.manifold import TSNE

from layerwise import nn
from layerwise.reports.inputs import Data, Split, named
from layerwise.reports.trained import Trained


def stages(model: nn.Sequential, x: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and output of each convolution, pooling, dense and residual layer, after the images as "pixels".

    Later layers may overwrite an output in place.
    """
    types = (nn.Conv2D, nn.MaxPooling2D, nn.AveragePooling2D, nn.Dense, nn.Residual)
    yield "pixels", x
    for layer in model.layers:
        x = layer.forward(x)
        if isinstance(layer, types):
            yield layer.name, x


def mixed(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Split:
    """Return the examples and their classes in random order."""
    order = rng.permutation(len(y))
    return x[order], y[order]


def nearest(x: np.ndarray, y: np.ndarray, others: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of examples ``(n, d)`` whose nearest neighbor among ``others`` ``(m, d)`` has their class."""
    distance = (others**2).sum(axis=1) - 2 * x @ others.T  # without the constant term ‖x‖²
    return float(np.mean(labels[distance.argmin(axis=1)] == y))


def plane(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return points ``(n, d)`` projected on two principal components, and their share of the variance."""
    centered = points - points.mean(axis=0)
    _, values, directions = np.linalg.svd(centered, full_matrices=False)
    largest = np.abs(directions[:2]).argmax(axis=1)
    signs = np.sign(directions[[0, 1], largest])[:, None]  # fixes the arbitrary sign of a component
    return centered @ (directions[:2] * signs).T, float((values[:2] ** 2).sum() / (values**2).sum())


def run(
    data: Data,
    runs: Mapping[str, Trained],
    drawn: int = 300,
    neighbours: int = 1000,
    perplexity: float = 30.0,
) -> dict[str, np.ndarray]:
    """Compute feature maps, embeddings and nearest neighbors of validation images in trained convolutional networks.

    Parameters
    ----------
    data : mapping
        The dataset that the networks were trained on.
    runs : mapping
        The NumPy runs of one experiment.
    drawn : int
        Number of validation images in the embedding plots.
    neighbours : int
        Number of training images that are searched for the nearest neighbor.
    perplexity : float
        Perplexity of t-SNE (van der Maaten & Hinton 2008), roughly the number of neighbors considered.

    Returns
    -------
    dict
        ``filters`` (k, k, channels, filters) of the first layer; ``map.<layer>`` (h, w, channels) of one image;
        ``y`` (drawn,); of pixels, pooling and dense layers, ``pca.<layer>`` and ``tsne.<layer>`` (drawn, 2),
        ``share.<layer>`` (), the share of the variance in the two principal components, all of the first run;
        ``nearest.<layer>`` (runs,), the share of validation images whose nearest training image has their class.
    """
    [(_, splits)] = data.items()
    rng = np.random.default_rng(0)  # the splits are sorted by class
    (x, y), (xv, yv) = (mixed(*splits[name], rng) for name in ("train", "validation"))
    [trained] = runs.values()
    images = np.concatenate([xv, x[:neighbours]])
    maps: dict[str, np.ndarray] = {}
    points: dict[str, np.ndarray] = {}
    agreement: dict[str, list[float]] = {}
    for run, model in enumerate(trained.models()):
        if run == 0:
            filters = model.get_weights()[0]
        for name, outputs in stages(model, images):
            if run == 0 and outputs.ndim == 4:
                maps[name] = outputs[0].copy()
            if name.startswith(("conv", "residual")):
                continue
            flat = outputs.reshape(len(outputs), -1)
            if run == 0:
                points[name] = flat[:drawn].astype(np.float64)
            agreement.setdefault(name, []).append(nearest(flat[: len(xv)], yv, flat[len(xv) :], y[:neighbours]))
    planes = {name: plane(flat) for name, flat in points.items()}
    settings = {"perplexity": perplexity, "init": "pca", "random_state": 0}
    return {
        "filters": filters,
        **named("map", maps, maps.values()),
        "y": yv[:drawn],
        **named("pca", planes, (coordinates for coordinates, _ in planes.values())),
        **named("share", planes, (share for _, share in planes.values())),
        **named("tsne", points, (TSNE(**settings).fit_transform(flat) for flat in points.values())),
        **named("nearest", agreement, agreement.values()),
    }
