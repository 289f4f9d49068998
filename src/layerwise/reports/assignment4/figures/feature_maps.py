"""Feature maps and embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.plots import Picture, image_grid
from layerwise.plots.convolution import embeddings
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study


def _words(layer: str) -> str:
    """Return a readable name of a layer: ``conv2d_1`` is ``convolution 2``."""
    kinds = {
        "conv2d": "convolution",
        "max_pooling2d": "pooling",
        "average_pooling2d": "pooling",
        "dense": "dense layer",
        "residual": "block",
    }
    kind, _, number = layer.rpartition("_")
    if kind not in kinds:
        kind, number = layer, "0"
    return f"{kinds[kind]} {int(number) + 1}" if kind in kinds else layer


def feature_maps(study: Study, most: int = 8) -> list[Picture]:
    """Draw the feature maps of one image: the first channels of every convolution and pooling layer."""
    pictures = []
    for layer, maps in study.group("map").items():
        if layer == "pixels":
            continue
        channels = maps.shape[-1]
        inactive = int(np.sum(maps.max(axis=(0, 1)) <= 0))
        pictures.append(
            image_grid(
                maps.transpose(2, 0, 1)[:most],
                None,
                columns=most,
                title=f"{_words(layer).capitalize()}, {maps.shape[0]} × {maps.shape[1]} pixels: "
                f"{channels - inactive} of {channels} channels are active",
                alt=f"The first {min(most, channels)} channels, dark where they are active.",
                together=False,
            )
        )
    return pictures


def filters(study: Study) -> Picture:
    """Draw the filters of the first convolution."""
    kernel = study["filters"]
    both_signs = float(np.mean([(part > 0).any() and (part < 0).any() for part in kernel[:, :, 0].transpose(2, 0, 1)]))
    return image_grid(
        kernel[:, :, 0].transpose(2, 0, 1),
        None,
        columns=8,
        title=f"{100 * both_signs:.0f}% of the first filters have weights of both signs and compute differences",
        diverging=True,
        alt="Weights as images, blue above and vermillion below zero.",
    )


def neighbor_accuracy(study: Study) -> Picture:
    """Draw how often the nearest training image has the same class, by layer."""
    shares = {_words(layer): values for layer, values in study.group("nearest").items()}
    best = max(shares, key=lambda layer: shares[layer].mean())
    return strips(
        shares,
        "nearest neighbor of the same class (share)",
        f"In pixel space the nearest image has the same class for {100 * shares['pixels'].mean():.1f}% of the images, "
        f"after {best} for {100 * shares[best].mean():.1f}%",
    )


def embedding_planes(study: Study, names: Sequence[str]) -> list[Picture]:
    """Draw the images embedded in the plane by PCA and by t-SNE, layer by layer."""
    shares = {layer: float(share) for layer, share in study.group("share").items()}
    last = list(shares)[-1]
    titles = {
        "pca": f"PCA: two components explain {100 * shares['pixels']:.0f}% of the variance of the pixels, "
        f"{100 * shares[last]:.0f}% of that of {_words(last)}",
        "tsne": "t-SNE: the nearest point has the same class for "
        + ", ".join(f"{100 * _agreement(points, study['y']):.0f}%" for points in study.group("tsne").values())
        + " of the images, from left to right",
    }
    return [
        embeddings({_words(layer): points for layer, points in study.group(kind).items()}, study["y"], names, title)
        for kind, title in titles.items()
    ]


def _agreement(points: np.ndarray, y: np.ndarray) -> float:
    """Return the share of points ``(n, 2)`` whose nearest other point has the same class."""
    distance = ((points[:, None] - points) ** 2).sum(axis=-1)
    np.fill_diagonal(distance, np.inf)
    return float(np.mean(y[distance.argmin(axis=1)] == y))
