"""Nearest-neighbor baseline for series and images."""

from __future__ import annotations

import pandas as pd

from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.image_classification import accuracy_table


def table(report: Report, study: Study | None) -> pd.DataFrame:
    """Return the accuracy table of the time-series classifiers, each dataset starting with the nearest neighbor."""
    experiments = [e for e in report if e.dataset.info["kind"] == "series" and e.dataset.info["classes"]]
    table = accuracy_table(report, sorted(experiments, key=lambda e: e.spec["dataset"]))
    if study is None:
        return table
    parts = []
    for title, rows in table.groupby("dataset", sort=False):
        for name in dict.fromkeys(
            e.spec["dataset"] for e in experiments if e.dataset.info["title"].partition(":")[0] == title
        ):
            if f"accuracy.{name}" in study.arrays:
                accuracy = f"{100 * study[f'accuracy.{name}'][0]:.1f}"
                baseline = rows.iloc[0].to_dict() | dict.fromkeys(("published", "published by", "Keras"))
                baseline |= {"model": "1 nearest neighbor, Euclidean", "NumPy": accuracy}
                parts.append(pd.DataFrame([baseline], columns=table.columns))
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)
