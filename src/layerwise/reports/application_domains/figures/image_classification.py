"""Image classification."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from layerwise.reporting.artifacts import Experiment, Report, mean_and_interval
from layerwise.reports.application_domains.figures.labels import short_title


def accuracy_table(report: Report, experiments: Iterable[Experiment]) -> pd.DataFrame:
    """Return a table of test accuracies in percent, with the largest class and the published accuracy."""
    summary = report.summary.query("split == 'test' and metric == 'accuracy'").set_index(["experiment", "backend"])
    rows = []
    for e in experiments:
        balance = e.dataset.info["class_balance"]["test"]
        row: dict[str, Any] = {
            "dataset": e.dataset.info["title"].partition(":")[0],
            "model": short_title(e),
            "largest class": f"{100 * max(balance) / sum(balance):.1f}",
        }
        anchor = e.spec.get("published", {}).get(e.name)
        row["published"] = f"{100 * anchor['value']:.1f}" if anchor else None
        for backend, name in (("numpy", "NumPy"), ("keras", "Keras")):
            scores: Any = summary.loc[(e.name, backend)] if (e.name, backend) in summary.index else None
            row[name] = None if scores is None else mean_and_interval(100 * scores[["mean", "low", "high"]], digits=1)
        rows.append({**row, "published by": f"{anchor['source']}; {anchor['protocol']}" if anchor else None})
    return pd.DataFrame(rows).dropna(axis=1, how="all")
