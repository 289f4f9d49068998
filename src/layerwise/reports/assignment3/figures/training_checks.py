"""Sanity checks: the initial loss, and memorizing a few examples."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment3.figures.labels import DATASETS


def first_losses(study: Study) -> list[Picture]:
    """Draw the initial loss on each dataset for several scales of the output weights."""
    pictures = []
    for name in study.spec["datasets"]:
        chance = float(study[f"log_c.{name}"][0])
        values = study.group(f"initial.{name}")
        largest = list(values)[-1]
        pictures.append(
            strips(
                {f"output weights × {float(scale):g}": losses for scale, losses in values.items()},
                "loss before training (nats)",
                f"{DATASETS[name].split(' (')[0]}: initial loss {values['1.0'].mean():.2f}, log K = {chance:.2f}; with "
                f"{float(largest):g} times larger output weights {values[largest].mean():.1f}",
                reference=(f"log K = {chance:.3f}", chance),
            )
        )
    return pictures


def memorization(study: Study) -> list[Picture]:
    """Draw the training accuracy on a few examples, with true and with shuffled labels."""
    pictures = []
    for kind, end, labels in (
        ("accuracy", "overfit", "true labels"),
        ("shuffled", "memorised", "shuffled labels"),
    ):
        series = {DATASETS[name].split(" (")[0]: study[f"{kind}.{name}"] for name in study.spec["datasets"]}
        lowest = min(study[f"{end}.{name}"].min() for name in study.spec["datasets"])
        # The epoch after the last one in which a network made a mistake.
        done = max(int(np.max(np.flatnonzero((values < 1).any(axis=0)), initial=-1)) + 2 for values in series.values())
        finding = f"all memorized by epoch {done}" if lowest == 1 else f"final accuracy at least {100 * lowest:.0f}%"
        pictures.append(
            lines(
                {name: (np.arange(1, values.shape[1] + 1), values) for name, values in series.items()},
                "epoch",
                "training accuracy on 50 examples",
                f"50 examples with {labels}: {finding}",
                log="x",
                legend="lower right",
            )
        )
    return pictures
