"""Partial dependence and ICE."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs


def run(data: Data, runs: Runs, features: int = 4, examples: int = 40) -> dict[str, np.ndarray]:
    """Move one feature at a time and follow the score of each example, for the features that count most.

    Parameters
    ----------
    data : mapping
        One table of two classes.
    runs : mapping
        The runs of one network on it.
    features : int
        How many, those with the largest integrated gradients over all runs.
    examples : int
        Test examples to follow, the first ones.

    Returns
    -------
    dict
        ``features`` (features,): their columns; ``grid.<column>`` (points,); ``curves.<column>`` (examples, points):
        log-odds of class 1 of each example, first run; ``mean.<column>`` (runs, points): the partial dependence;
        ``swing.<column>`` (runs,): its range; ``bend.<column>`` (runs,): how far curves are from parallel, the standard
        deviation over examples of the curves' rises as a share of their mean; ``swing``, ``bend`` (runs,): those of
        the first feature.
    """
    [splits] = data.values()
    x = splits["test"][0][:examples]
    [trained] = runs.values()
    models = list(trained.models())
    sizes = [np.abs(interpret.integrated_gradients(model, x, 1)).mean(axis=0) for model in models]
    chosen = np.argsort(-np.mean(sizes, axis=0), kind="stable")[:features]
    arrays: dict[str, np.ndarray] = {"features": chosen}
    for column in map(int, chosen):
        curves = []
        for model in models:
            arrays[f"grid.{column}"], found = interpret.partial_dependence(model, x, column)
            curves.append(found)
        stacked = np.array(curves)
        rises = stacked[:, :, -1] - stacked[:, :, 0]
        arrays[f"curves.{column}"] = stacked[0]
        arrays[f"mean.{column}"] = stacked.mean(axis=1)
        arrays[f"swing.{column}"] = np.ptp(stacked.mean(axis=1), axis=1)
        arrays[f"bend.{column}"] = rises.std(axis=1) / np.abs(rises.mean(axis=1))
    first = int(chosen[0])
    return {**arrays, "swing": arrays[f"swing.{first}"], "bend": arrays[f"bend.{first}"]}
