"""Forecasting: NumPy vs Keras."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.labels import method_names


def table(report: Report, study: Study) -> pd.DataFrame:
    """Return how far NumPy's and Keras's losses are apart at most, network by network."""
    called: Mapping[str, str] = method_names(report, study)
    return pd.DataFrame(
        [
            {"network": called[name], "last loss, NumPy": float(study[f"loss.numpy.{name}"][:, -1].mean()),
             "last loss, Keras": float(study[f"loss.keras.{name}"][:, -1].mean()),
             "largest relative difference": f"{values.max():.1e}"}
            for name, values in study.group("apart").items()
        ]
    )  # fmt: skip
