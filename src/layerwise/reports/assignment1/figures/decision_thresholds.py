"""Decision thresholds and costs."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw what moving the threshold does to recall and precision, and to the cost of errors."""
    t = study["threshold"]
    cost = study.group("cost")
    info = study.dataset.info
    balance = info["class_balance"]["train"]
    name = study.dataset.names[int(np.argmin(balance))]
    half = int(np.argmin(np.abs(t - 0.5)))
    dear = list(cost)[-1]
    best = t[int(np.argmin(cost[dear].mean(axis=0)))]
    return [
        lines(
            {
                "recall": (t, study["recall"]),
                "precision": (t, study["precision"]),
                "false positive rate": (t, study["false_positive_rate"]),
            },
            f"threshold on the probability of {name}",
            "share",
            f"At ½, {100 * study['recall'][:, half].mean():.1f} % of {name} are found, "
            f"{100 * study['precision'][:, half].mean():.1f} % of the alarms are right",
        ),
        lines(
            {f"a miss costs {c}": (t, values) for c, values in cost.items()},
            f"threshold on the probability of {name}",
            "cost per example (false alarms)",
            f"Where a miss costs {dear} false alarms, the cheapest threshold is {best:.2f}",
            log="y",
        ),
    ]
