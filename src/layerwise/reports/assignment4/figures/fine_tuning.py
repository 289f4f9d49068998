"""Fine-tuning."""

from __future__ import annotations

import re

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Experiment, Report

MODES = {
    "scratch": "random weights",
    "tuned": "weights taken over and trained on",
    "frozen": "weights taken over and frozen",
}


def experiments(page: Report) -> dict[str, dict[str, dict[int, Experiment]]]:
    """Return what was trained on → how it began → number of labels → experiment."""
    found: dict[str, dict[str, dict[int, Experiment]]] = {}
    for experiment in page:
        if match := re.fullmatch(rf"(\w+)_({'|'.join(MODES)})(\d+)", experiment.name):
            task, mode, labels = match.groups()
            found.setdefault(task, {}).setdefault(mode, {})[int(labels)] = experiment
    return {task: modes for task, modes in found.items() if "scratch" in modes and len(modes) > 1}


def draw(modes: dict[str, dict[int, Experiment]]) -> Picture:
    """Draw the test accuracy of the NumPy runs over the number of labels."""
    series = {}
    for mode in MODES:
        ladder = dict(sorted(modes.get(mode, {}).items()))
        values = [
            [e.metrics["numpy", seed]["splits"]["test"]["accuracy"] for seed in e.healthy("numpy")]
            for e in ladder.values()
        ]
        if ladder:
            series[MODES[mode]] = np.array([*ladder], float), np.array(values).T
    first = {name: values[:, 0].mean() for name, (_, values) in series.items()}
    fewest = int(next(iter(series.values()))[0][0])
    scratch = first[MODES["scratch"]]
    best = max(first, key=lambda name: first[name])
    words = (
        f"{best} reach {100 * first[best]:.0f} %, random ones {100 * scratch:.0f} %"
        if best != MODES["scratch"]
        else f"nothing is more accurate than random weights, {100 * scratch:.0f} %"
    )
    return lines(
        series,
        "labeled images",
        "test accuracy",
        f"With {fewest} labels {words}",
        log="x",
        marked=True,
        legend="upper left",
    )
