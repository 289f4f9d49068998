"""MNIST-1D benchmark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Dataset, Experiment


def signals(dataset: Dataset, label: int = 3, count: int = 3) -> Picture:
    """Draw a few training signals of one class, in which the same template is at different positions."""
    x, y = dataset.split("train")
    chosen = x[y == label][:count, :, 0]
    peaks = ", ".join(str(int(signal.argmax())) for signal in chosen)
    return lines(
        {f"signal {k + 1}": (np.arange(len(signal)), signal) for k, signal in enumerate(chosen)},
        "step",
        "value",
        f"{count} signals of the digit {dataset.names[label]} have their highest value at steps {peaks}",
    )


def draw(experiments: Sequence[Experiment]) -> Picture:
    """Draw the test accuracy of every NumPy run of the experiments, in the order of the configuration."""
    accuracy = {
        experiment.title.partition(", ")[2]: np.array(
            [experiment.metrics["numpy", seed]["splits"]["test"]["accuracy"] for seed in experiment.healthy("numpy")]
        )
        for experiment in experiments
    }
    title = experiments[0].dataset.info["title"]
    means = " → ".join(f"{100 * values.mean():.0f}%" for values in accuracy.values())
    return strips(accuracy, "test accuracy", f"Mean accuracy on {title}, from top to bottom: {means}")
