"""Sanity checks during training: input-independent baseline, prediction dynamics, and leakage between examples."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

NETWORKS = {"correct": "correct", "normalized": "batch normalization", "reshape": "wrong reshape"}
GROUP = 9  # consecutive steps whose mean is drawn


def during_training(study: Study) -> list[Picture]:
    """Draw the loss with and without inputs, and how many predictions change at each step."""
    losses, prior = study.group("loss"), float(study["prior"][0])
    epochs = np.arange(1, losses["inputs"].shape[1] + 1)
    step, changed = study["step"], study.group("changed")
    late = {rate: 100 * values[:, -len(step) // 3 :].mean() for rate, values in changed.items()}
    groups = len(step) // GROUP
    middle = step[: groups * GROUP].reshape(groups, GROUP).mean(axis=1)
    means = {
        rate: values[:, : groups * GROUP].reshape(len(values), groups, GROUP).mean(axis=2)
        for rate, values in changed.items()
    }
    return [
        lines(
            {"true inputs": (epochs, losses["inputs"]), "all inputs zero": (epochs, losses["zeros"])},
            "epoch",
            "training loss (nats)",
            f"After {epochs[-1]} epochs, the loss is {losses['inputs'][:, -1].mean():.2f} with the inputs and "
            f"{losses['zeros'][:, -1].mean():.2f} without them",
            reference=(f"class frequencies: {prior:.2f}", prior),
            limits=(0, 1.25 * prior),
            legend="center right",
        ),
        lines(
            {f"η = {float(rate):g}": (middle, values) for rate, values in means.items()},
            "step",
            "predictions changed by a step (share)",
            "Predictions changed per step, in the last third of the steps: "
            + ", ".join(f"{value:.0f}% at η = {float(rate):g}" for rate, value in late.items()),
            limits=(0, 1),
            legend=(0.36, 0.32),
        ),
    ]


def leaks(study: Study) -> Picture:
    """Draw which examples of a batch influence which outputs."""
    norms = study.group("leak")
    off = {
        name: float((values > 1e-6 * values.max()).sum() - np.diagonal(values > 0).sum())
        / (len(values) ** 2 - len(values))
        for name, values in norms.items()
    }
    return plots.image_grid(
        np.stack([values / values.max() for values in norms.values()]),
        [NETWORKS[name] for name in norms],
        columns=3,
        title="Pairs of different examples that influence each other: "
        + ", ".join(f"{NETWORKS[name]} {100 * share:.0f}%" for name, share in off.items()),
        alt="Matrices of the norms of the gradients of the output of one example (row) with respect to the input of "
        "another (column):",
    )
