"""Nearest neighbors and embeddings."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.plots.explanations import glyphs, map_table
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import class_names


def draw(study: Study) -> list[Picture]:
    """Draw PCA and t-SNE of the pixels and of the embeddings before the last layer."""
    pictures = []
    y, names = study["y"], study.dataset.names
    for kind, words in (("pixels", "Pixels"), ("network", "Before the last layer")):
        points, shares = plots.principal_components(study[f"space.{kind}"])
        pictures.append(
            glyphs(
                points,
                y,
                names,
                f"{words}: two principal components explain {100 * shares.sum():.0f}% of the variance",
                "Test images as points, each drawn as its class label.",
            )
        )
    for kind, words in (("pixels", "t-SNE of the pixels"), ("network", "t-SNE before the last layer")):
        same = 100 * _nearest_same(study[f"tsne.{kind}"], y)
        pictures.append(
            glyphs(
                study[f"tsne.{kind}"],
                y,
                names,
                f"{words}: the nearest point has the same class for {same:.0f}% of the images",
                "Test images as points, each drawn as its class label.",
            )
        )
    return pictures


def _nearest_same(points: np.ndarray, y: np.ndarray) -> float:
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return float(np.mean(y[distance.argmin(axis=1)] == y))


def neighbors(study: Study) -> Picture:
    """Draw test images and their nearest training images."""
    near, truth, predicted = study["near"], class_names(study, study["truth"]), class_names(study, study["said"])
    wrong = study["truth"] != study["said"]
    shared = np.mean(study["classes"][wrong] == study["said"][wrong][:, None]) if wrong.any() else 0.0
    columns = [a if a == b else f"{a} as {b}" for a, b in zip(truth, predicted)]
    return map_table(
        {"image": study["x"], **{f"neighbor {k + 1}": near[:, k] for k in range(near.shape[1])}},
        columns,
        f"{100 * shared:.0f}% of the neighbors of misclassified images have the predicted class",
        "Test images, and below each its nearest training images.",
        plain=["image", *(f"neighbor {k + 1}" for k in range(near.shape[1]))],
        width=6.4,
    )
