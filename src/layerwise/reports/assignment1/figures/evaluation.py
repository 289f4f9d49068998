"""Evaluation metrics and least-confident predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise import plots
from layerwise.evaluation.metrics import class_probabilities
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Experiment, Report


def intervals(report: Report, measures: dict[str, str]) -> pd.DataFrame:
    """Tabulate measures of each experiment's first NumPy run with their bootstrap intervals over test examples."""
    rows = []
    for experiment in report:
        found = experiment.metrics["numpy", experiment.healthy("numpy")[0]]["splits"]["test"]
        cells = {
            name: "{:.3f} [{:.3f}, {:.3f}]".format(found[measure], *found["intervals"][measure])
            for name, measure in measures.items()
            if measure in found["intervals"]
        }
        rows.append({"experiment": experiment.title, **cells})
    return pd.DataFrame(rows)


def least_confident(experiment: Experiment, count: int = 10) -> Picture | pd.DataFrame:
    """Show the test examples on which the first NumPy run is least sure: pictures, or rows of a table."""
    x, y = experiment.dataset.split("test")
    p = class_probabilities(experiment.predictions("numpy"))
    names = experiment.dataset.names
    order = np.argsort(p.max(axis=1), kind="stable")[:count]
    if experiment.dataset.is_image:
        captions = [f"{names[y[i]]}: {names[p[i].argmax()]} {100 * p[i].max():.0f}%" for i in order]
        right = float(np.mean(p[order].argmax(axis=1) == y[order]))
        return plots.image_grid(
            x[order],
            captions,
            5,
            f"Of the {count} least certain images {100 * right:.0f} % are right",
            alt="Each image with its true class, the class predicted and its probability:",
        )
    features = experiment.dataset.info["feature_names"]
    shown = np.argsort(-np.abs(x[order]).mean(axis=0), kind="stable")[:3]
    return pd.DataFrame(
        {
            "test example": order,
            "true class": [names[y[i]] for i in order],
            "predicted": [names[p[i].argmax()] for i in order],
            "probability": [f"{100 * p[i].max():.1f} %" for i in order],
            **{features[j]: [f"{x[i, j]:+.2f}" for i in order] for j in shown},
        }
    )
