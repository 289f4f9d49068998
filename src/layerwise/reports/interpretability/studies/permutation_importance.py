"""Permutation importance."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs


def run(data: Data, runs: Runs, repeats: int = 10) -> dict[str, np.ndarray]:
    """Weigh the features of a logistic regression in three ways, on the test split.

    Parameters
    ----------
    data : mapping
        One table of two classes, its features scaled to mean 0 and standard deviation 1.
    runs : mapping
        The runs of one logistic regression on it.
    repeats : int
        Shuffles of each feature.

    Returns
    -------
    dict
        ``odds``, ``permutation``, ``gradients`` (runs, d): the odds ratio of class 1 for one standard deviation; the
        accuracy that shuffling costs; the mean size of integrated gradients from the mean example. ``agreement.<way>``
        (runs,): rank correlation over the features with how far the odds ratio is from 1; ``accuracy`` (runs,);
        ``error`` (runs · n,): relative error of completeness; ``correlated`` (1,): the mean over features of their
        largest correlation with another one.
    """
    [splits] = data.values()
    x, y = splits["test"]
    [trained] = runs.values()
    found: dict[str, list[np.ndarray]] = {}
    for seed, model in enumerate(trained.models()):
        whole = interpret.probe(model)
        kernel = next(iter(whole.weights().values()))[0]
        if kernel.shape[1] != 1 or len(whole.weights()) > 1:
            raise ValueError(f"table: accepted are logistic regressions with one output; got {', '.join(whole.names)}")
        attributions = interpret.integrated_gradients(model, x, 1)
        found.setdefault("odds", []).append(np.exp(kernel[:, 0]))
        shuffled = interpret.permutation_importance(model, x, y, repeats, seed)
        found.setdefault("permutation", []).append(shuffled.mean(axis=1))
        found.setdefault("gradients", []).append(np.abs(attributions).mean(axis=0))
        found.setdefault("error", []).append(interpret.completeness(model, x, attributions, 1))
        found.setdefault("accuracy", []).append(np.mean(whole.targets(x) == y))
    arrays = {name: np.array(values) for name, values in found.items()}
    strength = np.abs(np.log(arrays["odds"]))
    agreement = {
        f"agreement.{way}": interpret.rank_correlation(strength, arrays[way]) for way in ("permutation", "gradients")
    }
    together = np.abs(np.corrcoef(x.T)) - np.eye(x.shape[1])
    return {
        **arrays,
        **agreement,
        "error": arrays["error"].ravel(),
        "correlated": np.array([together.max(axis=1).mean()]),
    }
