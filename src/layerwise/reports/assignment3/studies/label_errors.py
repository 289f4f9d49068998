"""Finding label errors."""

from __future__ import annotations

import numpy as np

from layerwise import nn
from layerwise.reports.assignment3.shared import network
from layerwise.reports.inputs import Data, only
from layerwise.reports.training_kit import fit, logits, probabilities


def run(
    data: Data,
    share: float = 0.05,
    hidden: int = 128,
    early: int = 10,
    epochs: int = 40,
    folds: int = 4,
    seeds: int = 3,
    shown: int = 10,
) -> dict[str, np.ndarray]:
    """Change some training labels at random, and rank the examples by how wrong their label seems.

    Three rankings are compared: by the loss of the given label in a network trained on all examples, early and late in
    training, and by the probability of the given label in networks that were trained on the other folds
    (cross-validation), minus the largest probability of another class (Northcutt et al. 2021, *confident learning*,
    normalized margin).

    Parameters
    ----------
    data : mapping
        One dataset.
    share : float
        Share of the training labels that are replaced by another class.
    hidden, early, epochs, folds, seeds
        Hidden units, epochs of the early ranking and of the others, folds of the cross-validation, and number of
        repetitions.
    shown : int
        Number of examples to return.

    Returns
    -------
    dict
        For the rankings ``early``, ``late`` and ``margin``: ``precision.…`` (seeds, n), the share of changed labels
        among the first k examples of the ranking, for k from 1 to twice the number of changed labels; ``found.…``
        (seeds,), that for k equal to the number of changed labels. ``changed`` (1,), their number; ``share`` (1,). For
        the first ``shown`` examples of the first seed's ranking by margin: ``image`` (shown, features), ``given``,
        ``true`` and ``predicted`` (shown,).
    """
    x, y = only(data, np.float32)["train"]
    classes = int(y.max()) + 1
    changed = round(share * len(y))
    result: dict[str, np.ndarray] = {"changed": np.array([changed]), "share": np.array([share])}
    precision: dict[str, list[np.ndarray]] = {"early": [], "late": [], "margin": []}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        wrong, given = rng.choice(len(y), changed, replace=False), y.copy()
        given[wrong] = (y[wrong] + rng.integers(1, classes, changed)) % classes
        rows = np.arange(len(y))

        def trained(members: np.ndarray, epochs: int, model=None, given=given, seed=seed) -> nn.Sequential:
            model = model or network(x, y, [hidden], seed, nn.Adam(0.003))
            fit(model, (x[members], given[members]), epochs)
            return model

        model = trained(rows, early)
        fitted = probabilities(logits(model, x))
        memorized = probabilities(logits(trained(rows, epochs - early, model), x))
        held_out = np.empty_like(fitted)
        for fold in np.array_split(rng.permutation(len(y)), folds):
            held_out[fold] = probabilities(logits(trained(np.setdiff1d(rows, fold), epochs), x[fold]))
        others = np.where(np.eye(classes)[given] == 1, 0, held_out)
        scores = {
            "early": fitted[rows, given],
            "late": memorized[rows, given],
            "margin": held_out[rows, given] - others.max(axis=1),
        }
        is_wrong = given != y
        for name, score in scores.items():
            ranking = np.argsort(score, kind="stable")[: 2 * changed]
            precision[name].append(np.cumsum(is_wrong[ranking]) / np.arange(1, len(ranking) + 1))
        if seed == 0:
            first = np.argsort(scores["margin"], kind="stable")[:shown]
            result |= {"image": x[first], "given": given[first], "true": y[first]}
            result["predicted"] = held_out[first].argmax(axis=1)
    for name, values in precision.items():
        result[f"precision.{name}"] = np.array(values)
        result[f"found.{name}"] = np.array(values)[:, changed - 1]
    return result
