"""How a classifier is judged: beside scikit-learn's on tables and images, and on data it was not chosen by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from layerwise.estimators.neural_network import NeuralNetworkClassifier
from layerwise.studies.inputs import Data, flat, named, only, pooled


def classifiers(seed: int, rounds: int) -> dict[str, Any]:
    """Return the classifiers to compare, ours first; gradient boosting only where it is given rounds."""
    found = {
        "network": NeuralNetworkClassifier((64,), learning_rate=0.003, epochs=40, random_state=seed),
        "logistic": LogisticRegression(max_iter=300),
        "svc": SVC(C=10),
    }
    if rounds:
        found["boosting"] = HistGradientBoostingClassifier(max_iter=rounds, max_features=0.2, random_state=seed)
    return found


def baselines(
    data: Data,
    boosting: Mapping[str, int],
    repeats: int = 5,
    test_share: float = 0.2,
    examples: int = 1500,
) -> dict[str, np.ndarray]:
    """Train our network and scikit-learn's classifiers on the same random splits, with the same settings everywhere.

    All examples of a dataset are pooled and split anew each time. The features of a table are standardised on the
    training part; pixels stay between 0 and 1.

    Parameters
    ----------
    data : mapping
        Datasets.
    boosting : mapping of str to int
        Rounds of gradient boosting, by dataset; it is left out where there are none.
    repeats : int
        Random splits of each dataset.
    test_share : float
        Part of the examples that is tested on.
    examples : int
        How many examples to take at most.

    Returns
    -------
    dict
        ``<classifier>.<dataset>`` (repeats,): test accuracy.
    """
    result: dict[str, list[float]] = {}
    for name, parts in data.items():
        table = parts["train"][0].ndim == 2
        x, y = pooled({split: flat(name, *arrays) for split, arrays in parts.items()})
        x, count = x.astype(np.float32), min(len(y), examples)
        tested = round(test_share * count)
        splits = StratifiedShuffleSplit(repeats, test_size=tested, train_size=count - tested, random_state=0)
        for repeat, (train, test) in enumerate(splits.split(x, y)):
            for kind, classifier in classifiers(repeat, boosting.get(name, 0)).items():
                model = make_pipeline(StandardScaler(), classifier) if table else classifier
                score = model.fit(x[train], y[train]).score(x[test], y[test])
                result.setdefault(f"{kind}.{name}", []).append(float(score))
    return {key: np.array(values) for key, values in result.items()}


def selection(
    data: Data,
    candidates: int = 20,
    held_out: int = 100,
    draws: int = 200,
    counts: Sequence[int] = (1, 2, 5, 10, 20),
    groups: int = 5,
) -> dict[str, np.ndarray]:
    """Choose the best of ever more networks on a small validation split, and see what the test split says of it.

    The networks are trained once in each group; which held-out examples validate and which test is drawn many times.

    Returns
    -------
    dict
        ``counts`` (c,); ``validation``, ``test`` (groups, c): accuracy of the one chosen, mean over draws;
        ``gap.<count>`` (groups,): the former less the latter.
    """
    splits = only(data)
    x, y = splits["train"]
    xh, yh = pooled({name: splits[name] for name in ("validation", "test")})
    validation, test = np.zeros((groups, len(counts))), np.zeros((groups, len(counts)))
    for group in range(groups):
        rng = np.random.default_rng(group)
        right = np.array([_candidate(rng, x, y).predict(xh.astype(np.float32)) == yh for _ in range(candidates)])
        for _ in range(draws):
            order = rng.permutation(len(yh))
            seen, unseen = right[:, order[:held_out]].mean(axis=1), right[:, order[held_out:]].mean(axis=1)
            among = rng.permutation(candidates)
            for i, count in enumerate(counts):
                best = among[:count][np.argmax(seen[among[:count]])]
                validation[group, i] += seen[best] / draws
                test[group, i] += unseen[best] / draws
    return {
        "counts": np.array(counts),
        "validation": validation,
        "test": test,
        **named("gap", counts, (validation - test).T),
    }


def _candidate(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> NeuralNetworkClassifier:
    """Train a network whose size, rate and length are drawn at random."""
    model = NeuralNetworkClassifier(
        (int(rng.choice([16, 32, 64])),),
        learning_rate=float(10 ** rng.uniform(-3, -1.5)),
        epochs=int(rng.integers(5, 15)),
        random_state=int(rng.integers(2**31)),
    )
    return model.fit(x.astype(np.float32), y)
