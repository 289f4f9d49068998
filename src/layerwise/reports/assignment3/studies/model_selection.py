"""Model-selection bias."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.estimators.neural_network import NeuralNetworkClassifier
from layerwise.reports.inputs import Data, named, only, pooled


def run(
    data: Data,
    candidates: int = 20,
    held_out: int = 100,
    draws: int = 200,
    counts: Sequence[int] = (1, 2, 5, 10, 20),
    groups: int = 5,
) -> dict[str, np.ndarray]:
    """Select the best of several networks on a small validation split, and evaluate it on the test split.

    The networks of each group are trained once; the held-out examples are divided many times at random into validation
    and test examples.

    Returns
    -------
    dict
        ``counts`` (c,); ``validation``, ``test`` (groups, c), the accuracy of the selected network, mean over draws;
        ``gap.<count>`` (groups,), the difference between the two.
    """
    splits = only(data)
    x, y = splits["train"]
    xh, yh = pooled({name: splits[name] for name in ("validation", "test")})
    validation, test = np.zeros((groups, len(counts))), np.zeros((groups, len(counts)))
    for group in range(groups):
        rng = np.random.default_rng(group)
        correct = np.array([_candidate(rng, x, y).predict(xh.astype(np.float32)) == yh for _ in range(candidates)])
        for _ in range(draws):
            order = rng.permutation(len(yh))
            on_validation = correct[:, order[:held_out]].mean(axis=1)
            on_test = correct[:, order[held_out:]].mean(axis=1)
            shuffled = rng.permutation(candidates)
            for i, count in enumerate(counts):
                best = shuffled[:count][np.argmax(on_validation[shuffled[:count]])]
                validation[group, i] += on_validation[best] / draws
                test[group, i] += on_test[best] / draws
    return {
        "counts": np.array(counts),
        "validation": validation,
        "test": test,
        **named("gap", counts, (validation - test).T),
    }


def _candidate(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> NeuralNetworkClassifier:
    """Train a network with random size, learning rate and number of epochs."""
    model = NeuralNetworkClassifier(
        (int(rng.choice([16, 32, 64])),),
        learning_rate=float(10 ** rng.uniform(-3, -1.5)),
        epochs=int(rng.integers(5, 15)),
        random_state=int(rng.integers(2**31)),
    )
    return model.fit(x.astype(np.float32), y)
