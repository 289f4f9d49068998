"""Saliency maps and attribution methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import METHODS, Runs, split


def run(
    data: Data, runs: Runs, mistakes: int = 5, images: int = 20, steps: Sequence[int] = (4, 16, 64, 256)
) -> dict[str, np.ndarray]:
    """Attribute the winning score by every method, and check that integrated gradients are complete.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it; the first one's maps are kept.
    mistakes : int
        At most so many mistakes on the test split to explain, the most confident first.
    images : int
        Test images on which completeness is measured, with every run.
    steps : sequence of int
        Points of the integral.

    Returns
    -------
    dict
        ``x`` (classes, height, width): the first test image of each class that the network gets right; ``map.<method>``
        of the same shape; ``wrong`` (mistakes, height, width), their ``truth`` and ``said`` (mistakes,), and
        integrated gradients ``for_truth`` and ``for_said``; ``error.<steps>`` (runs · images,): relative error of
        completeness.
    """
    x, y = split(data)
    [trained] = runs.values()
    models = list(trained.models())
    first = models[0]
    scores = interpret.probe(first).outputs(x)
    winner = scores.argmax(axis=1)
    right = [int(np.flatnonzero((y == k) & (winner == k))[0]) for k in np.unique(y[winner == y])]
    sure = np.sort(scores, axis=1)
    margin = np.where(winner != y, sure[:, -1] - sure[:, -2], -np.inf)
    wrong = np.argsort(-margin, kind="stable")[: min(mistakes, int(np.sum(winner != y)))]
    integrated = METHODS["integrated_gradients"]
    return {
        "x": x[right].mean(axis=-1),
        "y": y[right],
        **{f"map.{name}": method(first, x[right], y[right]) for name, method in METHODS.items()},
        "wrong": x[wrong].mean(axis=-1),
        "truth": y[wrong],
        "said": winner[wrong],
        "for_truth": integrated(first, x[wrong], y[wrong]) if len(wrong) else x[wrong, ..., 0],
        "for_said": integrated(first, x[wrong], winner[wrong]) if len(wrong) else x[wrong, ..., 0],
        **{
            f"error.{n}": np.concatenate([_completeness_error(model, x[:images], n) for model in models]) for n in steps
        },
    }


def _completeness_error(model: Any, x: np.ndarray, steps: int) -> np.ndarray:
    return interpret.completeness(model, x, interpret.integrated_gradients(model, x, steps=steps))
