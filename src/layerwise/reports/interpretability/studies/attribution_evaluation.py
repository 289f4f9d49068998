"""Evaluating attributions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import METHODS, Runs, relevance, split


def run(data: Data, runs: Runs, images: int = 30, points: int = 14) -> dict[str, np.ndarray]:
    """Evaluate all attribution methods by deletion and insertion, agreement, and weight randomization.

    Two orders of pixels that do not depend on a network are the baselines: ``random``, and ``ink``, the pixel values.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    images : int
        Number of test images, taken from the start.
    points : int
        Number of deletion or insertion steps of each curve.

    Returns
    -------
    dict
        ``share`` (points + 1,), the share of pixels deleted or inserted; ``deletion.<order>``, ``insertion.<order>``
        (runs, points + 1): mean probability of the class; ``deletion_area.<order>``, ``insertion_area.<order>``
        (runs,): means of these curves; ``agreement.<first>.<second>`` (runs,): mean rank correlation of two methods,
        or of a method and ``ink``; ``layers`` (n,): names of the randomized layers, from the last to the first;
        ``randomised.<method>`` (runs, n + 1): mean rank correlation with the original map by number of randomized
        layers; ``destroyed.<method>`` (runs,): the same with all layers randomized; ``x`` (height, width) and
        ``cascade.<method>`` (n + 1, height, width): one image and its maps.
    """
    x, _ = split(data)
    x = x[:images]
    [trained] = runs.values()
    measures: dict[str, list[Any]] = {}
    names: list[str] = []
    cascades: dict[str, list[np.ndarray]] = {}
    for seed, model in enumerate(trained.models()):
        classes = interpret.probe(model).targets(x)
        original = {name: relevance(name, method(model, x, classes)) for name, method in METHODS.items()}
        _add_removal_curves(measures, model, x, classes, original, points, seed)
        for a, b in combinations([*original, "ink"], 2):
            both = (original.get(name, x.sum(axis=-1)) for name in (a, b))
            measures.setdefault(f"agreement.{a}.{b}", []).append(interpret.rank_correlation(*both).mean())
        similarity = {name: [1.0] for name in METHODS}
        stages = [("", None), *interpret.cascade(model, seed)]
        names = [name for name, _ in stages[1:]]
        for _, randomized in stages[1:]:
            for name, method in METHODS.items():
                maps = relevance(name, method(randomized, x, classes))
                similarity[name].append(float(interpret.rank_correlation(original[name], maps).mean()))
                if seed == 0:
                    cascades.setdefault(name, [original[name][0]]).append(maps[0])
        for name, values in similarity.items():
            measures.setdefault(f"randomised.{name}", []).append(values)
            measures.setdefault(f"destroyed.{name}", []).append(values[-1])
    return {
        "share": np.linspace(0, 1, points + 1),
        "x": x[0].mean(axis=-1),
        "layers": np.array(names),
        **{name: np.array(values) for name, values in measures.items()},
        **{f"cascade.{name}": np.stack(maps) for name, maps in cascades.items()},
    }


def _add_removal_curves(
    measures: dict[str, list[Any]],
    model: Any,
    x: np.ndarray,
    classes: np.ndarray,
    maps: Mapping[str, np.ndarray],
    points: int,
    seed: int,
) -> None:
    """Add the deletion and insertion curves of one network to the measures."""
    baselines = {"random": np.random.default_rng(seed).random(x.shape[:-1]), "ink": x.sum(axis=-1)}
    for name, order in {**maps, **baselines}.items():
        for kind in ("deletion", "insertion"):
            _, curve = interpret.removal_curve(model, x, order, classes, steps=points, insert=kind == "insertion")
            measures.setdefault(f"{kind}.{name}", []).append(curve.mean(axis=0))
            measures.setdefault(f"{kind}_area.{name}", []).append(curve.mean())
