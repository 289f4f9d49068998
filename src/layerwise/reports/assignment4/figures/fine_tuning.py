"""Fine-tuning."""

from __future__ import annotations

import re

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Experiment, Report

MODES = {
    "scratch": "random weights",
    "tuned": "fine-tuned weights",
    "frozen": "frozen convolutions",
}


def experiments(page: Report) -> dict[str, dict[str, dict[int, Experiment]]]:
    """Return the experiments as task → mode (a key of `MODES`) → number of labels → experiment."""
    tasks: dict[str, dict[str, dict[int, Experiment]]] = {}
    for experiment in page:
        if match := re.fullmatch(rf"(\w+)_({'|'.join(MODES)})(\d+)", experiment.name):
            task, mode, labels = match.groups()
            tasks.setdefault(task, {}).setdefault(mode, {})[int(labels)] = experiment
    return {task: modes for task, modes in tasks.items() if "scratch" in modes and len(modes) > 1}


def draw(modes: dict[str, dict[int, Experiment]]) -> Picture:
    """Draw the test accuracy of the NumPy runs against the number of labels."""
    series = {}
    for mode in MODES:
        by_labels = dict(sorted(modes.get(mode, {}).items()))
        values = [
            [e.metrics["numpy", seed]["splits"]["test"]["accuracy"] for seed in e.healthy("numpy")]
            for e in by_labels.values()
        ]
        if by_labels:
            series[MODES[mode]] = np.array([*by_labels], float), np.array(values).T
    first = {name: values[:, 0].mean() for name, (_, values) in series.items()}
    fewest = int(next(iter(series.values()))[0][0])
    scratch = first[MODES["scratch"]]
    best = max(first, key=lambda name: first[name])
    words = (
        f"{best} reach {100 * first[best]:.0f}%, random weights {100 * scratch:.0f}%"
        if best != MODES["scratch"]
        else f"random weights are the most accurate, {100 * scratch:.0f}%"
    )
    return lines(
        series,
        "labeled images",
        "test accuracy",
        f"With {fewest} labels, {words}",
        log="x",
        marked=True,
        legend="upper left",
    )
