"""Permutation importance."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs


def run(data: Data, runs: Runs, repeats: int = 10) -> dict[str, np.ndarray]:
    """Compute three measures of feature importance for a logistic regression on the test split.

    Parameters
    ----------
    data : mapping
        One table of two classes, its features scaled to mean 0 and standard deviation 1.
    runs : mapping
        The runs of one logistic regression on it.
    repeats : int
        Number of shuffles of each feature.

    Returns
    -------
    dict
        For each feature (runs, d): ``odds``, odds ratio of class 1 per standard deviation; ``permutation``, loss of
        accuracy when the feature is shuffled; ``gradients``, mean absolute integrated gradient from the mean example.
        ``agreement.permutation``, ``agreement.gradients`` (runs,): rank correlation with the absolute log odds ratios;
        ``accuracy`` (runs,); ``error`` (runs · n,): relative error of completeness; ``correlated`` (1,): mean over the
        features of the largest absolute correlation with another feature.

    Raises
    ------
    ValueError
        If a model is not a logistic regression with one output.
    """
    [splits] = data.values()
    x, y = splits["test"]
    [trained] = runs.values()
    measures: dict[str, list[np.ndarray]] = {}
    for seed, model in enumerate(trained.models()):
        whole = interpret.probe(model)
        kernel = next(iter(whole.weights().values()))[0]
        if kernel.shape[1] != 1 or len(whole.weights()) > 1:
            layers = ", ".join(whole.names)
            raise ValueError(
                f"permutation_importance: the model must be a logistic regression with one output, got layers {layers}"
            )
        attributions = interpret.integrated_gradients(model, x, 1)
        measures.setdefault("odds", []).append(np.exp(kernel[:, 0]))
        shuffled = interpret.permutation_importance(model, x, y, repeats, seed)
        measures.setdefault("permutation", []).append(shuffled.mean(axis=1))
        measures.setdefault("gradients", []).append(np.abs(attributions).mean(axis=0))
        measures.setdefault("error", []).append(interpret.completeness(model, x, attributions, 1))
        measures.setdefault("accuracy", []).append(np.mean(whole.targets(x) == y))
    arrays = {name: np.array(values) for name, values in measures.items()}
    strength = np.abs(np.log(arrays["odds"]))
    agreement = {
        f"agreement.{way}": interpret.rank_correlation(strength, arrays[way]) for way in ("permutation", "gradients")
    }
    correlation = np.abs(np.corrcoef(x.T)) - np.eye(x.shape[1])
    return {
        **arrays,
        **agreement,
        "error": arrays["error"].ravel(),
        "correlated": np.array([correlation.max(axis=1).mean()]),
    }
