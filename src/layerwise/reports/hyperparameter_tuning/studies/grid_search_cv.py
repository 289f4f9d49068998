"""GridSearchCV integration."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV, PredefinedSplit, RandomizedSearchCV

from layerwise.estimators.neural_network import NeuralNetworkClassifier
from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data, only

KEYS = {
    "model.0.units": "hidden_layer_sizes",
    "optimizer.learning_rate": "learning_rate",
    "batch_size": "batch_size",
}


class _SeedZero(np.random.RandomState):
    """A random state that gives an estimator, and its clones, the seed 0 of a sweep."""

    def randint(self, *_: Any, **__: Any) -> int:  # type: ignore[override]
        return 0

    def __deepcopy__(self, _: Any) -> _SeedZero:
        return self


def run(data: Data, sweeps: Sweeps, draws: int = 6) -> dict[str, np.ndarray]:
    """Search the grid of a sweep with `GridSearchCV`, and a random subset of it with `RandomizedSearchCV`.

    The sweep may vary the units, learning rate and batch size of a network with one hidden layer. The only fold is our
    validation split; the initial weights and the order of the examples are those of seed 0.

    Returns
    -------
    dict
        ``ours``, ``grid`` (points,): validation accuracy of each point in our sweep and in `GridSearchCV`;
        ``apart.grid`` (points,), ``apart.random`` (draws,): absolute differences between scikit-learn's accuracies and
        ours; ``same_choice`` (1,): 1 if both choose the same point, else 0.
    """
    [table], splits = list(sweeps.values()), only(data)
    x = np.concatenate([splits[name][0] for name in ("train", "validation")]).astype(np.float32)
    y = np.concatenate([splits[name][1] for name in ("train", "validation")])
    fold = np.repeat([-1, 0], [len(splits[name][1]) for name in ("train", "validation")])
    spec = table.sweep.experiment
    network = NeuralNetworkClassifier(
        activation=spec["model"][0]["activation"],
        optimizer=spec["optimizer"]["name"].lower(),
        batch_size=spec["batch_size"],
        epochs=spec["epochs"],
        random_state=_SeedZero(),
    )
    grid = {KEYS[p.path]: [_value(p.path, value) for value in p.grid()] for p in table.sweep.space}
    ours = {
        _key({KEYS[k]: _value(k, v) for k, v in s.items()}): v for s, v in zip(table.settings, table.column("value"))
    }
    exhaustive = GridSearchCV(network, grid, cv=PredefinedSplit(fold), refit=False).fit(x, y)
    randomized = RandomizedSearchCV(
        network, grid, n_iter=draws, cv=PredefinedSplit(fold), refit=False, random_state=0
    ).fit(x, y)
    results = [
        (np.array([ours[_key(p)] for p in search.cv_results_["params"]]), search.cv_results_["mean_test_score"])
        for search in (exhaustive, randomized)
    ]
    return {
        "ours": results[0][0],
        "grid": results[0][1],
        "apart.grid": np.abs(results[0][0] - results[0][1]),
        "apart.random": np.abs(results[1][0] - results[1][1]),
        "same_choice": np.array([float(results[0][0].argmax() == results[0][1].argmax())]),
    }


def _value(path: str, value: Any) -> Any:
    return (value,) if path == "model.0.units" else value


def _key(parameters: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted(parameters.items()))
