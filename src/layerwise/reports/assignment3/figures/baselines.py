"""Baselines."""

from __future__ import annotations

import pandas as pd

from layerwise.evaluation.compare import interval
from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment3.figures.labels import DATASETS

CLASSIFIERS = {
    "network": "our network",
    "logistic": "logistic regression",
    "linear_svc": "linear SVM",
    "svc": "SVM, RBF kernel",
    "neighbors": "3 nearest neighbors",
    "boosting": "gradient boosting",
}


def table(study: Study) -> pd.DataFrame:
    """Return the test accuracy of each classifier on each dataset."""
    rows = []
    for name in study.spec["datasets"]:
        row = {"dataset": DATASETS[name]}
        for kind, label in CLASSIFIERS.items():
            values = study.arrays.get(f"{kind}.{name}")
            row[label] = "–" if values is None else "{:.3f} ± {:.3f}".format(*map(float, interval(values)))
        rows.append(row)
    return pd.DataFrame(rows)


def draw(study: Study) -> list[Picture]:
    """Draw the test accuracy of each classifier, one figure per dataset."""
    pictures = []
    for name in study.spec["datasets"]:
        accuracy = {label: study.arrays[f"{kind}.{name}"] for kind, label in CLASSIFIERS.items()
                    if f"{kind}.{name}" in study.arrays}  # fmt: skip
        order = sorted(accuracy, key=lambda label: -accuracy[label].mean())
        means = ", ".join(f"{label} {100 * accuracy[label].mean():.1f}%" for label in order)
        pictures.append(strips(accuracy, "test accuracy", f"{DATASETS[name]}: {means}"))
    return pictures
