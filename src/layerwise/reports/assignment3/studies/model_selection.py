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
