"""What a model of a table goes by: odds ratios, permutation importance, attributions, and how it responds."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.studies.attribution import Runs
from layerwise.studies.inputs import Data


def table(data: Data, runs: Runs, repeats: int = 10) -> dict[str, np.ndarray]:
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


def dependence(data: Data, runs: Runs, features: int = 4, examples: int = 40) -> dict[str, np.ndarray]:
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
