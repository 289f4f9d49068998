"""Decision thresholds and costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment1.shared import fitted
from layerwise.reports.inputs import Data, Split, named, only, pooled, rarest


def run(
    data: Data, costs: Sequence[float] = (1, 5, 20), repeats: int = 20, l2: float = 0.001, test: float = 0.3
) -> dict[str, np.ndarray]:
    """Measure errors and their cost at each decision threshold, for the rarest class as the positive one.

    If a miss costs c times as much as a false alarm and the probabilities are calibrated, predicting the class where
    p ≥ 1/(1 + c) minimizes the expected cost (Elkan 2001, *The foundations of cost-sensitive learning*).

    Returns
    -------
    dict
        ``threshold`` (t,), ``recall``, ``precision``, ``false_positive_rate`` (repeats, t) over random splits of all
        examples; ``cost.<c>`` (repeats, t), the cost per example in false alarms; ``half.<c>`` and ``rule.<c>``
        (repeats,), the same cost at the thresholds ½ and 1/(1 + c).
    """
    from sklearn.model_selection import StratifiedShuffleSplit  # slower to import than most studies are to run

    x, y = pooled(only(data))
    target = y == rarest(y)
    thresholds = np.round(np.linspace(0.01, 0.99, 99), 2)
    true_positives, false_positives, positives, negatives = [], [], [], []
    scores: list[Split] = []
    for train, rest in StratifiedShuffleSplit(repeats, test_size=test, random_state=0).split(x, y):
        p = fitted(x[train], target[train], l2).probabilities(x[rest])[:, 1]
        predicted = p >= thresholds[:, None]
        truth = target[rest]
        true_positives.append((predicted & truth).sum(axis=1))
        false_positives.append((predicted & ~truth).sum(axis=1))
        positives.append(truth.sum())
        negatives.append((~truth).sum())
        scores.append((p, truth))
    tp, fp = np.array(true_positives), np.array(false_positives)
    p_total, n_total = np.array(positives)[:, None], np.array(negatives)[:, None]
    cost = {c: (c * (p_total - tp) + fp) / (p_total + n_total) for c in costs}
    return {
        "threshold": thresholds,
        "recall": tp / p_total,
        "precision": tp / np.maximum(tp + fp, 1),
        "false_positive_rate": fp / n_total,
        **named("cost", costs, cost.values()),
        **named("half", costs, [[_cost(p, truth, 0.5, c) for p, truth in scores] for c in costs]),
        **named("rule", costs, [[_cost(p, truth, 1 / (1 + c), c) for p, truth in scores] for c in costs]),
    }


def _cost(p: np.ndarray, truth: np.ndarray, threshold: float, miss: float) -> float:
    predicted = p >= threshold
    return float((miss * np.sum(truth & ~predicted) + np.sum(predicted & ~truth)) / len(p))
