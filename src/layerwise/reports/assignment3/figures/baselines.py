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
    "svc": "support vectors",
    "boosting": "gradient boosting",
}


def table(study: Study) -> pd.DataFrame:
    """Return the test accuracy of each classifier on each dataset."""
    rows = []
    for name in study.spec["datasets"]:
        row = {"dataset": DATASETS[name]}
        for kind, word in CLASSIFIERS.items():
            values = study.arrays.get(f"{kind}.{name}")
            row[word] = "–" if values is None else "{:.3f} ± {:.3f}".format(*map(float, interval(values)))
        rows.append(row)
    return pd.DataFrame(rows)


def draw(study: Study) -> list[Picture]:
    """Draw the test accuracy of each classifier, a picture a dataset."""
    pictures = []
    for name in study.spec["datasets"]:
        found = {word: study.arrays[f"{kind}.{name}"] for kind, word in CLASSIFIERS.items()
                 if f"{kind}.{name}" in study.arrays}  # fmt: skip
        order = sorted(found, key=lambda word: -found[word].mean())
        words = ", ".join(f"{word} {100 * found[word].mean():.1f} %" for word in order)
        pictures.append(strips(found, "test accuracy", f"{DATASETS[name]}: {words}"))
    return pictures
