"""Partial dependence and ICE."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs


def run(data: Data, runs: Runs, features: int = 4, examples: int = 40) -> dict[str, np.ndarray]:
    """Compute partial dependence and individual conditional expectation (ICE) of the most important features.

    Parameters
    ----------
    data : mapping
        One table of two classes.
    runs : mapping
        The runs of one network on it.
    features : int
        Number of features, those with the largest mean absolute integrated gradients over all runs.
    examples : int
        Number of test examples, taken from the start.

    Returns
    -------
    dict
        ``features`` (features,): columns of the features; ``grid.<column>`` (points,): feature values;
        ``curves.<column>`` (examples, points): ICE curves, log-odds of class 1, first run; ``mean.<column>`` (runs,
        points): partial dependence; ``swing.<column>`` (runs,): range of the partial dependence.
    """
    [splits] = data.values()
    x = splits["test"][0][:examples]
    [trained] = runs.values()
    models = list(trained.models())
    importances = [np.abs(interpret.integrated_gradients(model, x, 1)).mean(axis=0) for model in models]
    chosen = np.argsort(-np.mean(importances, axis=0), kind="stable")[:features]
    arrays: dict[str, np.ndarray] = {"features": chosen}
    for column in map(int, chosen):
        curves = []
        for model in models:
            arrays[f"grid.{column}"], ice_curves = interpret.partial_dependence(model, x, column)
            curves.append(ice_curves)
        stacked = np.array(curves)
        arrays[f"curves.{column}"] = stacked[0]
        arrays[f"mean.{column}"] = stacked.mean(axis=1)
        arrays[f"swing.{column}"] = np.ptp(stacked.mean(axis=1), axis=1)
    return arrays
