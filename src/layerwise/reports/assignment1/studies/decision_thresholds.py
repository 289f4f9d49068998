"""Decision thresholds and costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment1.shared import fitted
from layerwise.reports.inputs import Data, Split, named, only, pooled, rarest


def run(
    data: Data, costs: Sequence[float] = (1, 5, 20), repeats: int = 20, l2: float = 0.001, test: float = 0.3
) -> dict[str, np.ndarray]:
    """Move the threshold: what an alarm costs when missing the rarest class is worse than a false alarm.

    With a miss c times as dear as a false alarm and honest probabilities, raising the alarm where p ≥ 1/(1 + c) is
    the cheapest rule (Elkan 2001, *The foundations of cost-sensitive learning*).

    Returns
    -------
    dict
        ``threshold`` (t,), ``recall``, ``precision``, ``false_positive_rate`` (repeats, t) over random splits of all
        examples; ``cost.<c>`` (repeats, t), the cost per example in false alarms; ``half.<c>`` and ``rule.<c>``
        (repeats,), that cost at the threshold ½ and at 1/(1 + c).
    """
    from sklearn.model_selection import StratifiedShuffleSplit  # late: it takes longer to import than most studies run

    x, y = pooled(only(data))
    target = y == rarest(y)
    thresholds = np.round(np.linspace(0.01, 0.99, 99), 2)
    caught, alarms, positives, negatives = [], [], [], []
    scores: list[Split] = []
    for train, held in StratifiedShuffleSplit(repeats, test_size=test, random_state=0).split(x, y):
        p = fitted(x[train], target[train], l2).probabilities(x[held])[:, 1]
        raised = p >= thresholds[:, None]
        truth = target[held]
        caught.append((raised & truth).sum(axis=1))
        alarms.append((raised & ~truth).sum(axis=1))
        positives.append(truth.sum())
        negatives.append((~truth).sum())
        scores.append((p, truth))
    hits, false = np.array(caught), np.array(alarms)
    total, rest = np.array(positives)[:, None], np.array(negatives)[:, None]
    cost = {c: (c * (total - hits) + false) / (total + rest) for c in costs}
    return {
        "threshold": thresholds,
        "recall": hits / total,
        "precision": hits / np.maximum(hits + false, 1),
        "false_positive_rate": false / rest,
        **named("cost", costs, cost.values()),
        **named("half", costs, [[_cost(p, truth, 0.5, c) for p, truth in scores] for c in costs]),
        **named("rule", costs, [[_cost(p, truth, 1 / (1 + c), c) for p, truth in scores] for c in costs]),
    }


def _cost(p: np.ndarray, truth: np.ndarray, threshold: float, miss: float) -> float:
    raised = p >= threshold
    return float((miss * np.sum(truth & ~raised) + np.sum(raised & ~truth)) / len(p))
