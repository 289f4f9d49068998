"""Decision thresholds and costs."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw recall, precision and false positive rate, and the cost of errors, against the threshold."""
    t = study["threshold"]
    cost = study.group("cost")
    info = study.dataset.info
    balance = info["class_balance"]["train"]
    name = study.dataset.names[int(np.argmin(balance))]
    half = int(np.argmin(np.abs(t - 0.5)))
    highest = list(cost)[-1]
    best = t[int(np.argmin(cost[highest].mean(axis=0)))]
    return [
        lines(
            {
                "recall": (t, study["recall"]),
                "precision": (t, study["precision"]),
                "false positive rate": (t, study["false_positive_rate"]),
            },
            f"threshold on the probability of {name}",
            "share",
            f"At a threshold of ½, recall of {name} is {100 * study['recall'][:, half].mean():.1f}%, "
            f"precision {100 * study['precision'][:, half].mean():.1f}%",
        ),
        lines(
            {f"cost of a miss: {c}": (t, values) for c, values in cost.items()},
            f"threshold on the probability of {name}",
            "cost per example (in false alarms)",
            f"If a miss costs as much as {highest} false alarms, the best threshold is {best:.2f}",
            log="y",
        ),
    ]
