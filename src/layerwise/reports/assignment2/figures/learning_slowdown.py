"""Cross-entropy vs squared error: the learning slowdown."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

LOSSES = {"cross_entropy": "cross-entropy", "squared_error": "squared error"}


def draw(study: Study) -> list[Picture]:
    """Draw a neuron and a network that start confident and wrong, trained with both losses."""
    neurons = study.group("neuron")
    epochs = np.arange(len(next(iter(neurons.values()))))
    starts_at = {"mild": "from 0.82", "wrong": "from 0.98"}
    series = {}
    for key, values in neurons.items():
        loss, _, start = key.partition(".")
        series[f"{LOSSES[loss]}, {starts_at[start]}"] = (epochs, values)
    output = neurons["squared_error.wrong"]
    slow = int(np.argmax(output < 0.5)) if (output < 0.5).any() else 0
    fast = int(np.argmax(neurons["cross_entropy.wrong"] < 0.5))
    curves = study.group("accuracy")
    early = study.group("early")
    return [
        lines(
            series,
            "epoch",
            "output of the neuron (target 0)",
            f"From 0.98, the output falls to ½ in {fast} epochs with cross-entropy, "
            + (f"{slow}" if slow else f"more than {epochs[-1]}")
            + " with squared error",
        ),
        lines(
            {LOSSES[loss]: (np.arange(values.shape[1]), values) for loss, values in curves.items()},
            "epoch",
            "validation accuracy",
            f"After a tenth of the epochs, the accuracy is {100 * early['cross_entropy'].mean():.0f}% with "
            f"cross-entropy, {100 * early['squared_error'].mean():.0f}% with squared error",
        ),
    ]
