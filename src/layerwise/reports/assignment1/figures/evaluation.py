"""Evaluation metrics and least-confident predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise import plots
from layerwise.evaluation.metrics import class_probabilities
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Experiment, Report


def intervals(report: Report, measures: dict[str, str]) -> pd.DataFrame:
    """Return metrics of the first NumPy run of each experiment, with bootstrap intervals over test examples."""
    rows = []
    for experiment in report:
        metrics = experiment.metrics["numpy", experiment.healthy("numpy")[0]]["splits"]["test"]
        cells = {
            name: "{:.3f} [{:.3f}, {:.3f}]".format(metrics[measure], *metrics["intervals"][measure])
            for name, measure in measures.items()
            if measure in metrics["intervals"]
        }
        rows.append({"experiment": experiment.title, **cells})
    return pd.DataFrame(rows)


def least_confident(experiment: Experiment, count: int = 10) -> Picture | pd.DataFrame:
    """Return the test examples with the lowest confidence in the first NumPy run, as images or as a table."""
    x, y = experiment.dataset.split("test")
    p = class_probabilities(experiment.predictions("numpy"))
    names = experiment.dataset.names
    order = np.argsort(p.max(axis=1), kind="stable")[:count]
    if experiment.dataset.is_image:
        captions = [f"{names[y[i]]}: {names[p[i].argmax()]} {100 * p[i].max():.0f}%" for i in order]
        accuracy = float(np.mean(p[order].argmax(axis=1) == y[order]))
        return plots.image_grid(
            x[order],
            captions,
            5,
            f"{100 * accuracy:.0f}% of the {count} least confident predictions are correct",
            alt="Each image with its true class, its predicted class and the probability:",
        )
    features, values = experiment.dataset.info["feature_names"], experiment.dataset.unscaled_features(x)
    largest = np.argsort(-np.abs(x[order]).mean(axis=0), kind="stable")[:3]
    return pd.DataFrame(
        {
            "test example": order,
            "true class": [names[y[i]] for i in order],
            "predicted": [names[p[i].argmax()] for i in order],
            "probability": [f"{100 * p[i].max():.1f}%" for i in order],
            **{features[j]: [f"{values[i, j]:.3g}" for i in order] for j in largest},
        }
    )
