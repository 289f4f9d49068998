"""Forecasting: NumPy vs Keras."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from layerwise.numbers import number
from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.labels import method_names


def table(report: Report, study: Study) -> pd.DataFrame:
    """Return a table of the final losses in NumPy and in Keras and their largest relative difference."""
    names: Mapping[str, str] = method_names(report, study)
    return pd.DataFrame(
        [
            {"network": names[name], "last loss, NumPy": float(study[f"loss.numpy.{name}"][:, -1].mean()),
             "last loss, Keras": float(study[f"loss.keras.{name}"][:, -1].mean()),
             "largest relative difference": number(float(values.max()))}
            for name, values in study.group("apart").items()
        ]
    )  # fmt: skip
