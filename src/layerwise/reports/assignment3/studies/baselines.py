"""Baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from layerwise.estimators.neural_network import NeuralNetworkClassifier
from layerwise.reports.inputs import Data, flat, pooled


def classifiers(seed: int, rounds: int) -> dict[str, Any]:
    """Return the classifiers to compare, ours first; gradient boosting only if ``rounds`` is positive."""
    models = {
        "network": NeuralNetworkClassifier((64,), learning_rate=0.003, epochs=40, random_state=seed),
        "logistic": LogisticRegression(max_iter=300),
        "linear_svc": LinearSVC(C=0.1, random_state=seed),
        "svc": SVC(C=10),
        "neighbors": KNeighborsClassifier(3),
    }
    if rounds:
        models["boosting"] = HistGradientBoostingClassifier(max_iter=rounds, max_features=0.2, random_state=seed)
    return models


def run(
    data: Data,
    boosting: Mapping[str, int],
    repeats: int = 5,
    test_share: float = 0.2,
    examples: int = 1500,
) -> dict[str, np.ndarray]:
    """Train our network and scikit-learn's classifiers on the same random splits, with the same settings throughout.

    All examples of a dataset are pooled and split at random. Features of tables are standardized with statistics of the
    training part; pixels stay between 0 and 1.

    Parameters
    ----------
    data : mapping
        Datasets.
    boosting : mapping of str to int
        Rounds of gradient boosting by dataset; it is omitted for datasets without an entry.
    repeats : int
        Number of random splits of each dataset.
    test_share : float
        Share of the examples used for testing.
    examples : int
        Largest number of examples of each dataset.

    Returns
    -------
    dict
        ``<classifier>.<dataset>`` (repeats,), the test accuracy.
    """
    result: dict[str, list[float]] = {}
    for name, parts in data.items():
        table = parts["train"][0].ndim == 2
        x, y = pooled({split: flat(name, *arrays) for split, arrays in parts.items()})
        x, count = x.astype(np.float32), min(len(y), examples)
        test_size = round(test_share * count)
        splits = StratifiedShuffleSplit(repeats, test_size=test_size, train_size=count - test_size, random_state=0)
        for repeat, (train, test) in enumerate(splits.split(x, y)):
            for kind, classifier in classifiers(repeat, boosting.get(name, 0)).items():
                model = make_pipeline(StandardScaler(), classifier) if table else classifier
                score = model.fit(x[train], y[train]).score(x[test], y[test])
                result.setdefault(f"{kind}.{name}", []).append(float(score))
    return {key: np.array(values) for key, values in result.items()}
