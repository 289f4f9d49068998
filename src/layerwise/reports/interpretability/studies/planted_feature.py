"""Planted-feature test."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.reports import training_kit
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import METHODS, relevance, small_cnn, split

SIZE = 2  # pixels, the side of a marker
NEAR = 3  # pixels: what a window of five or a map of coarse cells can be off
COARSE = ("GradCAM", "occlusion")  # methods whose maps are such


def marked(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return images with a white block at the upper edge, whose place tells the label."""
    x = x.copy()
    for image, k in zip(x, labels):
        rows, columns = place(int(k))
        image[rows, columns] = x.max()
    return x


def place(k: int) -> tuple[slice, slice]:
    """Return where the marker of class k stands."""
    left = 3 + SIZE * k
    return slice(1, 1 + SIZE), slice(left, left + SIZE)


def _region(shape: tuple[int, ...], labels: np.ndarray, margin: int) -> np.ndarray:
    """Return the pixels of each label's marker and those around it, ``(n, height, width)``."""
    region = np.zeros((len(labels), *shape), bool)
    for mask, k in zip(region, labels):
        rows, columns = place(int(k))
        mask[max(rows.start - margin, 0) : rows.stop + margin, columns.start - margin : columns.stop + margin] = True
    return region


def run(data: Data, examples: int = 800, epochs: int = 6, images: int = 40, seeds: int = 5) -> dict[str, np.ndarray]:
    """Train on images whose label is given away by a marker, and ask every method whether it shows the marker.

    Parameters
    ----------
    data : mapping
        One dataset of images with at most ten classes.
    examples, epochs, seeds : int
        Of each training, and how many.
    images : int
        Test images to explain, each with the marker of a wrong class.

    Returns
    -------
    dict
        ``accuracy.right``, ``accuracy.none``, ``accuracy.wrong``, ``follows`` (seeds,): test accuracy with the right
        marker, without one, with a wrong one, and how often the network says what a wrong marker says;
        ``found.<method>`` and ``near.<method>`` (seeds,): share of images whose most relevant pixel lies in the
        marker, and at most `NEAR` pixels from it; ``found`` (seeds,): over the methods whose maps are not coarse;
        ``chance`` (2,): what a random pixel would reach in the two; ``x``
        (n, height, width), ``y``, ``claimed`` (n,), ``map.<method>`` (n, height, width): the first images.
    """
    (x, y), (xt, yt) = (part[:examples] for part in split(data, "train")), split(data)
    classes = int(y.max()) + 1
    if 3 + SIZE * classes > x.shape[2]:
        raise ValueError(f"marker: {classes} markers of {SIZE} pixels do not fit a width of {x.shape[2]}")
    lie = (yt + 1 + np.random.default_rng(0).integers(classes - 1, size=len(yt))) % classes
    right, wrong = marked(xt, yt), marked(xt, lie)
    chosen, claimed = wrong[:images], lie[:images]
    regions = {name: _region(x.shape[1:3], claimed, margin) for name, margin in (("found", 0), ("near", NEAR))}
    found: dict[str, list[Any]] = {}
    kept = {}
    for seed in range(seeds):
        model = small_cnn(x.shape[1:], classes, seed)
        training_kit.fit(model, (marked(x, y), y), epochs)
        says = {name: model.predict(shown).argmax(axis=1) for name, shown in
                (("right", right), ("none", xt), ("wrong", wrong))}  # fmt: skip
        for name, said in says.items():
            found.setdefault(f"accuracy.{name}", []).append(np.mean(said == yt))
        found.setdefault("follows", []).append(np.mean(says["wrong"] == lie))
        for name, method in METHODS.items():
            map_ = method(model, chosen, claimed)
            top = relevance(name, map_).reshape(len(map_), -1).argmax(axis=1)
            for kind, region in regions.items():
                hit = region.reshape(len(map_), -1)[np.arange(len(top)), top]
                found.setdefault(f"{kind}.{name}", []).append(hit.mean())
            if seed == 0:
                kept[f"map.{name}"] = map_[:5]
    exact = [f"found.{name}" for name in METHODS if name not in COARSE]
    return {
        **{name: np.array(values) for name, values in found.items()},
        "found": np.mean([found[name] for name in exact], axis=0),
        "chance": np.array([region.mean() for region in regions.values()]),
        "x": chosen[:5].mean(axis=-1),
        "y": yt[:5],
        "claimed": claimed[:5],
        **kept,
    }
