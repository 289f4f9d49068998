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
    """Put every method to the tests: removal and insertion, agreement, randomised weights.

    Two orders that look at no network stand beside them: ``random``, and ``ink``, the image itself.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    images : int
        Test images, the first ones.
    points : int
        Of each curve.

    Returns
    -------
    dict
        ``share`` (points + 1,); ``deletion.<order>``, ``insertion.<order>`` (runs, points + 1): mean probability of
        the class; ``deletion_area.<order>``, ``insertion_area.<order>`` (runs,), their means;
        ``agreement.<one>.<other>`` (runs,): mean rank correlation of two methods, or of one and ``ink``; ``layers``
        (n,): names of those randomised, the last first; ``randomised.<method>`` (runs, n + 1): rank correlation with
        the original map as more layers are, and ``destroyed.<method>`` (runs,) with all of them; ``x`` (height,
        width), ``cascade.<method>`` (n + 1, height, width): one image.
    """
    x, _ = split(data)
    x = x[:images]
    [trained] = runs.values()
    found: dict[str, list[Any]] = {}
    names: list[str] = []
    pictures: dict[str, list[np.ndarray]] = {}
    for seed, model in enumerate(trained.models()):
        classes = interpret.probe(model).targets(x)
        original = {name: relevance(name, method(model, x, classes)) for name, method in METHODS.items()}
        _removal(found, model, x, classes, original, points, seed)
        for a, b in combinations([*original, "ink"], 2):
            both = (original.get(name, x.sum(axis=-1)) for name in (a, b))
            found.setdefault(f"agreement.{a}.{b}", []).append(interpret.rank_correlation(*both).mean())
        similar = {name: [1.0] for name in METHODS}
        stages = [("", None), *interpret.cascade(model, seed)]
        names = [name for name, _ in stages[1:]]
        for _, changed in stages[1:]:
            for name, method in METHODS.items():
                now = relevance(name, method(changed, x, classes))
                similar[name].append(float(interpret.rank_correlation(original[name], now).mean()))
                if seed == 0:
                    pictures.setdefault(name, [original[name][0]]).append(now[0])
        for name, values in similar.items():
            found.setdefault(f"randomised.{name}", []).append(values)
            found.setdefault(f"destroyed.{name}", []).append(values[-1])
    return {
        "share": np.linspace(0, 1, points + 1),
        "x": x[0].mean(axis=-1),
        "layers": np.array(names),
        **{name: np.array(values) for name, values in found.items()},
        **{f"cascade.{name}": np.stack(stages) for name, stages in pictures.items()},
    }


def _removal(
    found: dict[str, list[Any]],
    model: Any,
    x: np.ndarray,
    classes: np.ndarray,
    maps: Mapping[str, np.ndarray],
    points: int,
    seed: int,
) -> None:
    """Add the deletion and insertion curves of one network to what was found."""
    blind = {"random": np.random.default_rng(seed).random(x.shape[:-1]), "ink": x.sum(axis=-1)}
    for name, order in {**maps, **blind}.items():
        for kind in ("deletion", "insertion"):
            _, curve = interpret.removal_curve(model, x, order, classes, steps=points, insert=kind == "insertion")
            found.setdefault(f"{kind}.{name}", []).append(curve.mean(axis=0))
            found.setdefault(f"{kind}_area.{name}", []).append(curve.mean())
