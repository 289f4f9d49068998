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
    """Compute every attribution method for the predicted class, and the completeness of integrated gradients.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it; the maps are those of the first run.
    mistakes : int
        Maximum number of test mistakes to explain, the most confident first.
    images : int
        Number of test images on which completeness is measured, for every run.
    steps : sequence of int
        Numbers of points of the integral.

    Returns
    -------
    dict
        ``x`` (classes, height, width) and ``y`` (classes,): the first correctly classified test image of each class;
        ``map.<method>`` (classes, height, width); ``wrong`` (mistakes, height, width): misclassified images, their
        true class ``truth`` and predicted class ``said`` (mistakes,), and their integrated gradients ``for_truth`` and
        ``for_said`` for these classes; ``error.<steps>`` (runs · images,): relative error of completeness.
    """
    x, y = split(data)
    [trained] = runs.values()
    models = list(trained.models())
    first = models[0]
    scores = interpret.probe(first).outputs(x)
    predicted = scores.argmax(axis=1)
    right = [int(np.flatnonzero((y == k) & (predicted == k))[0]) for k in np.unique(y[predicted == y])]
    ordered = np.sort(scores, axis=1)
    margin = np.where(predicted != y, ordered[:, -1] - ordered[:, -2], -np.inf)
    wrong = np.argsort(-margin, kind="stable")[: min(mistakes, int(np.sum(predicted != y)))]
    integrated = METHODS["integrated_gradients"]
    return {
        "x": x[right].mean(axis=-1),
        "y": y[right],
        **{f"map.{name}": method(first, x[right], y[right]) for name, method in METHODS.items()},
        "wrong": x[wrong].mean(axis=-1),
        "truth": y[wrong],
        "said": predicted[wrong],
        "for_truth": integrated(first, x[wrong], y[wrong]) if len(wrong) else x[wrong, ..., 0],
        "for_said": integrated(first, x[wrong], predicted[wrong]) if len(wrong) else x[wrong, ..., 0],
        **{
            f"error.{n}": np.concatenate([_completeness_error(model, x[:images], n) for model in models]) for n in steps
        },
    }


def _completeness_error(model: Any, x: np.ndarray, steps: int) -> np.ndarray:
    return interpret.completeness(model, x, interpret.integrated_gradients(model, x, steps=steps))
