"""Replication in Keras."""

from __future__ import annotations

import pandas as pd

from layerwise.reporting.artifacts import Study


def table(study: Study) -> pd.DataFrame:
    """Return a table of the accuracies of the same settings in both backends."""
    values = study.group("value")
    return pd.DataFrame({"trial": range(len(next(iter(values.values()))))} | values).rename(
        columns={name: {"numpy": "NumPy", "keras": "Keras"}.get(name.rpartition("_")[2], name) for name in values}
    )
