"""Planted-feature test."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.reports import training_kit
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import METHODS, relevance, small_cnn, split

SIZE = 2  # side of a marker in pixels
NEAR = 3  # tolerance in pixels for coarse maps


def marked(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return images with a white block at the upper edge, whose position encodes the label."""
    x = x.copy()
    for image, k in zip(x, labels):
        rows, columns = place(int(k))
        image[rows, columns] = x.max()
    return x


def place(k: int) -> tuple[slice, slice]:
    """Return the rows and columns of the marker of class k."""
    left = 3 + SIZE * k
    return slice(1, 1 + SIZE), slice(left, left + SIZE)


def _region(shape: tuple[int, ...], labels: np.ndarray, margin: int) -> np.ndarray:
    """Return masks of each label's marker, extended by a margin, ``(n, height, width)``."""
    region = np.zeros((len(labels), *shape), bool)
    for mask, k in zip(region, labels):
        rows, columns = place(int(k))
        mask[max(rows.start - margin, 0) : rows.stop + margin, columns.start - margin : columns.stop + margin] = True
    return region


def run(data: Data, examples: int = 800, epochs: int = 6, images: int = 40, seeds: int = 5) -> dict[str, np.ndarray]:
    """Train on images with a marker that reveals the label, and measure how often each method points at the marker.

    Parameters
    ----------
    data : mapping
        One dataset of images with at most ten classes.
    examples, epochs, seeds : int
        Training examples and epochs of each network; number of networks.
    images : int
        Number of test images to explain, each with the marker of a wrong class.

    Returns
    -------
    dict
        ``accuracy.right``, ``accuracy.none``, ``accuracy.wrong`` (seeds,): test accuracy with the right marker, without
        a marker, and with a wrong one; ``follows`` (seeds,): share of wrong markers whose class is predicted;
        ``found.<method>`` and ``near.<method>`` (seeds,): share of images whose most relevant pixel is in the marker,
        and at most `NEAR` pixels from it; ``chance`` (2,): both shares for a random pixel; the first images ``x`` (n,
        height, width) with true class ``y`` and class of the marker ``claimed`` (n,), and their maps ``map.<method>``
        (n, height, width).

    Raises
    ------
    ValueError
        If the markers of all classes do not fit the width of the images.
    """
    (x, y), (xt, yt) = (part[:examples] for part in split(data, "train")), split(data)
    classes = int(y.max()) + 1
    if 3 + SIZE * classes > x.shape[2]:
        raise ValueError(f"planted_feature: {classes} markers of {SIZE} pixels do not fit a width of {x.shape[2]}")
    wrong_labels = (yt + 1 + np.random.default_rng(0).integers(classes - 1, size=len(yt))) % classes
    right, wrong = marked(xt, yt), marked(xt, wrong_labels)
    explained, claimed = wrong[:images], wrong_labels[:images]
    regions = {name: _region(x.shape[1:3], claimed, margin) for name, margin in (("found", 0), ("near", NEAR))}
    measures: dict[str, list[Any]] = {}
    first_maps = {}
    for seed in range(seeds):
        model = small_cnn(x.shape[1:], classes, seed)
        training_kit.fit(model, (marked(x, y), y), epochs)
        predictions = {
            name: model.predict(inputs).argmax(axis=1)
            for name, inputs in (("right", right), ("none", xt), ("wrong", wrong))
        }
        for name, predicted in predictions.items():
            measures.setdefault(f"accuracy.{name}", []).append(np.mean(predicted == yt))
        measures.setdefault("follows", []).append(np.mean(predictions["wrong"] == wrong_labels))
        for name, method in METHODS.items():
            maps = method(model, explained, claimed)
            top = relevance(name, maps).reshape(len(maps), -1).argmax(axis=1)
            for kind, region in regions.items():
                hit = region.reshape(len(maps), -1)[np.arange(len(top)), top]
                measures.setdefault(f"{kind}.{name}", []).append(hit.mean())
            if seed == 0:
                first_maps[f"map.{name}"] = maps[:5]
    return {
        **{name: np.array(values) for name, values in measures.items()},
        "chance": np.array([region.mean() for region in regions.values()]),
        "x": explained[:5].mean(axis=-1),
        "y": yt[:5],
        "claimed": claimed[:5],
        **first_maps,
    }
