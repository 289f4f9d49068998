"""Tables and figures of a page about a user's own data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import estimate, range_of
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Dataset, Experiment, Report, mean_and_interval


def experiments(page: Report) -> list[Experiment]:
    """Return the experiments on a user's dataset, except texts, which have their own section."""
    return [experiment for experiment in page if experiment.name.startswith("user_")]


def table(page: Report) -> tuple[pd.DataFrame, str]:
    """Return a table of the classifiers and baselines, and its caption."""
    user_experiments = experiments(page)
    info = user_experiments[0].dataset.info
    largest_class = max(info["class_balance"]["test"]) / info["counts"]["test"]
    rows = [
        {"model": "nearest neighbor", "with": "NumPy", "test accuracy": f"{values.mean():.3f}"}
        for study in page.studies("nearest_neighbor")
        for values in study.group("accuracy").values()
    ]
    for experiment in user_experiments:
        for backend in experiment.backends:
            seeds = experiment.healthy(backend)
            values = np.array([experiment.metrics[backend, seed]["splits"]["test"]["accuracy"] for seed in seeds])
            low, high = range_of("accuracy").interval(estimate(values.tolist()))
            rows.append(
                {
                    "model": experiment.title,
                    "with": BACKEND_NAMES[backend],
                    "test accuracy": mean_and_interval({"mean": values.mean(), "low": low, "high": high}),
                }
            )
    table = pd.DataFrame(rows).assign(**{"largest class": f"{largest_class:.3f}"})
    return table, f"{info['title']}: {page.over_seeds}; largest class: its share of the test split"


def look(dataset: Dataset, count: int = 3) -> Picture:
    """Draw the mean of the first series of each class."""
    x, y = dataset.split("train")
    steps = np.arange(x.shape[1])
    series = {dataset.names[k]: (steps, x[y == k][:count, :, 0]) for k in np.unique(y)[:6]}
    title = f"{len(x)} training series of {x.shape[1]} steps; mean of the first {count} of each class"
    return lines(series, "step", "value", title)
