"""Evaluating attributions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import METHODS, Runs, contributions, ink, relevance, split


def run(data: Data, runs: Runs, images: int = 30, points: int = 14) -> dict[str, np.ndarray]:
    """Evaluate all attribution methods by deletion and insertion, infidelity, agreement, and weight randomization.

    Two orders of pixels that do not depend on a network are the baselines: ``random``, and ``ink``, the pixel values.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    images : int
        Number of test images, taken from the start; the maps explain the true class.
    points : int
        Number of deletion or insertion steps of each curve.

    Returns
    -------
    dict
        ``share`` (points + 1,), the share of inked pixels deleted or inserted; ``deletion.<order>``,
        ``insertion.<order>`` (runs, points + 1): mean probability of the class; ``deletion_area.<order>``,
        ``insertion_area.<order>`` (runs,): means of these curves; ``infidelity.<method>`` (runs,): mean infidelity,
        also of ``random`` and ``ink``; ``agreement.<first>.<second>`` (runs,): mean rank correlation of two methods, or
        of a method and ``ink``; ``layers`` (n,): names of the randomized layers, from the last to the first;
        ``destroyed.<sign>.<method>`` (runs,): mean rank correlation of the maps, ``signed`` or ``absolute``, with those
        after all layers are randomized, on the inked pixels; ``control.<sign>.<method>`` (runs,): with those of the
        next run; ``x`` (height, width) and ``cascade.<method>`` (n + 1, height, width): one image and its maps as the
        layers are randomized.
    """
    x, targets = (part[:images] for part in split(data))
    [trained] = runs.values()
    measures: dict[str, list[Any]] = {}
    inside = ink(x)
    models = list(trained.models())
    originals = [{name: method(model, x, targets) for name, method in METHODS.items()} for model in models]
    for seed, (model, maps) in enumerate(zip(models, originals)):
        relevances = {name: relevance(name, map_) for name, map_ in maps.items()}
        _add_removal_curves(measures, model, x, targets, relevances, points, seed)
        _add_infidelity(measures, model, x, targets, maps, seed)
        for a, b in combinations([*relevances, "ink"], 2):
            first, second = (relevances.get(name, x.sum(axis=-1)) for name in (a, b))
            correlation = interpret.rank_correlation(first, second, inside).mean()
            measures.setdefault(f"agreement.{a}.{b}", []).append(float(correlation))
        others = originals[(seed + 1) % len(models)]
        randomized = interpret.randomised(model, seed=seed)
        for name, method in METHODS.items():
            destroyed = method(randomized, x, targets)
            for sign, side in (("signed", np.asarray), ("absolute", np.abs)):
                for kind, maps_ in (("destroyed", destroyed), ("control", others[name])):
                    correlation = interpret.rank_correlation(side(maps[name]), side(maps_), inside).mean()
                    measures.setdefault(f"{kind}.{sign}.{name}", []).append(float(correlation))
    stages = [("", models[0]), *interpret.cascade(models[0])]
    cascades = {
        name: [relevance(name, method(model, x[:1], targets[:1]))[0] for _, model in stages]
        for name, method in METHODS.items()
    }
    return {
        "share": np.linspace(0, 1, points + 1),
        "x": x[0].mean(axis=-1),
        "layers": np.array([name for name, _ in stages[1:]]),
        **{name: np.array(values) for name, values in measures.items()},
        **{f"cascade.{name}": np.stack(maps) for name, maps in cascades.items()},
    }


def _add_infidelity(
    measures: dict[str, list[Any]],
    model: Any,
    x: np.ndarray,
    classes: np.ndarray,
    maps: Mapping[str, np.ndarray],
    seed: int,
) -> None:
    """Add the infidelity of one network's maps to the measures, and those of random contributions and of the ink."""
    values = {name: contributions(name, map_, x) for name, map_ in maps.items()}
    values |= {"random": np.random.default_rng(seed).normal(size=x.shape[:-1]), "ink": x.sum(axis=-1)}
    errors = interpret.infidelity(model, x, np.stack(list(values.values())), classes, seed=seed, where=ink(x))
    for name, error in zip(values, errors.mean(axis=-1)):
        measures.setdefault(f"infidelity.{name}", []).append(float(error))


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
            insert = kind == "insertion"
            _, curve = interpret.removal_curve(model, x, order, classes, steps=points, insert=insert, where=ink(x))
            measures.setdefault(f"{kind}.{name}", []).append(curve.mean(axis=0))
            measures.setdefault(f"{kind}_area.{name}", []).append(curve.mean())
