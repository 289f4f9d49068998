"""Baselines of a series with several channels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import interval
from layerwise.numbers import plus_minus
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.labels import BASELINES, short_title


def table(report: Report, study: Study) -> pd.DataFrame:
    """Return a table of the MSE and MAE of baselines and networks on a dataset, with the published MSE."""
    dataset = study.spec["datasets"][0]
    experiments = [e for e in report if e.spec["dataset"] == dataset]
    published = experiments[0].spec.get("published", {}) if experiments else {}
    rows = []

    def add(key: str, model: str, mse: str, mae: str) -> None:
        anchor = published.get(key)
        row = {"model": model, "MSE": mse, "MAE": mae, "published MSE": f"{anchor['value']:g}" if anchor else None}
        rows.append(row | {"by": f"{anchor['model']}, {anchor['source']}" if anchor else None})

    for method, mse in study.group("mse").items():
        add(
            f"{dataset}_{method}",
            BASELINES[method],
            plus_minus(*interval(mse), 3),
            plus_minus(*interval(study[f"mae.{method}"]), 3),
        )
    for e in experiments:
        for backend in e.backends:
            seeds = e.healthy(backend)
            mse, mae = (
                np.array([e.metrics[backend, seed]["splits"]["test"][m] for seed in seeds]) for m in ("mse", "mae")
            )
            add(
                e.name,
                f"{short_title(e)}, {BACKEND_NAMES[backend]}",
                plus_minus(*interval(mse), 3),
                plus_minus(*interval(mae), 3),
            )
    return pd.DataFrame(rows)
