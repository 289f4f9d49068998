"""Nearest neighbours and embeddings."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.plots.explanations import glyphs, map_table
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import class_names


def draw(study: Study) -> list[Picture]:
    """Draw pixels and the network's space by principal components and by t-SNE."""
    pictures = []
    y, names = study["y"], study.dataset.names
    for kind, words in (("pixels", "In pixels"), ("network", "Before the last layer")):
        points, shares = plots.principal_components(study[f"space.{kind}"])
        pictures.append(
            glyphs(
                points,
                y,
                names,
                f"{words}: two principal components, {100 * shares.sum():.0f} % of the variance",
                "Test images as points, each drawn as its class.",
            )
        )
    for kind, words in (("pixels", "t-SNE of the pixels"), ("network", "t-SNE before the last layer")):
        same = 100 * _nearest_same(study[f"tsne.{kind}"], y)
        pictures.append(
            glyphs(
                study[f"tsne.{kind}"],
                y,
                names,
                f"{words}: the nearest point is of the same class for {same:.0f} %",
                "Test images as points, each drawn as its class.",
            )
        )
    return pictures


def _nearest_same(points: np.ndarray, y: np.ndarray) -> float:
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return float(np.mean(y[distance.argmin(axis=1)] == y))


def neighbors(study: Study) -> Picture:
    """Draw images and the training images nearest to them."""
    near, truth, said = study["near"], class_names(study, study["truth"]), class_names(study, study["said"])
    wrong = study["truth"] != study["said"]
    precedent = np.mean(study["classes"][wrong] == study["said"][wrong][:, None]) if wrong.any() else 0.0
    columns = [a if a == b else f"{a} read {b}" for a, b in zip(truth, said)]
    return map_table(
        {"image": study["x"], **{f"neighbor {k + 1}": near[:, k] for k in range(near.shape[1])}},
        columns,
        f"Of the neighbors of mistakes, {100 * precedent:.0f} % are of the class that was wrongly said",
        "Test images, and below each the training images nearest to it.",
        plain=["image", *(f"neighbor {k + 1}" for k in range(near.shape[1]))],
        width=6.4,
    )
