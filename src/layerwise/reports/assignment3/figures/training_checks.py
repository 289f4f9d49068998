"""Sanity checks: the first loss, and memorizing a few examples."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment3.figures.labels import DATASETS


def first_losses(study: Study) -> list[Picture]:
    """Draw, for each dataset, the loss before training for output weights of several sizes."""
    pictures = []
    for name in study.spec["datasets"]:
        chance = float(study[f"log_c.{name}"][0])
        values = study.group(f"initial.{name}")
        largest = list(values)[-1]
        pictures.append(
            strips(
                {f"output weights × {float(scale):g}": losses for scale, losses in values.items()},
                "loss before training (nats)",
                f"{DATASETS[name].split(' (')[0]}: {values['1.0'].mean():.2f} at the start, log C = {chance:.2f}; "
                f"{float(largest):g} times larger output weights start at {values[largest].mean():.1f}",
                reference=(f"log C = {chance:.3f}", chance),
            )
        )
    return pictures


def memorization(study: Study) -> list[Picture]:
    """Draw the accuracy on a few training examples, with true and with shuffled labels."""
    pictures = []
    for kind, end, words in (
        ("accuracy", "overfit", "true labels"),
        ("shuffled", "memorised", "shuffled labels"),
    ):
        series = {DATASETS[name].split(" (")[0]: study[f"{kind}.{name}"] for name in study.spec["datasets"]}
        worst = min(study[f"{end}.{name}"].min() for name in study.spec["datasets"])
        # The epoch after the last one in which some network still had a mistake.
        done = max(int(np.max(np.flatnonzero((values < 1).any(axis=0)), initial=-1)) + 2 for values in series.values())
        ends = f"all are right from epoch {done} on" if worst == 1 else f"{100 * worst:.0f} % at the end"
        pictures.append(
            lines(
                {name: (np.arange(1, values.shape[1] + 1), values) for name, values in series.items()},
                "epoch",
                "accuracy on the same 50 examples",
                f"50 examples with {words}: {ends}",
                log="x",
                legend="lower right",
            )
        )
    return pictures
