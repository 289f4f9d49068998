"""Derivation of Glorot and He initialization: the variance of each layer, by the formula and measured."""

from __future__ import annotations

import pandas as pd

from layerwise.evaluation.compare import interval
from layerwise.reporting.artifacts import Study

COLUMNS = {
    "forward.he": "scores, He",
    "forward.glorot": "scores, Glorot",
    "backward.he": "gradients, He",
    "backward.glorot": "gradients, Glorot",
}


def table(study: Study) -> pd.DataFrame:
    """Return the mean square of scores and gradients in each layer, measured and by the formula."""
    columns = {}
    for key, label in COLUMNS.items():
        mean, half = interval(study[key])
        columns[label] = [
            f"{m:.2g} ± {h:.1g} (formula {f:.2g})" if h > 0 else f"{m:g}"
            for m, h, f in zip(mean, half, study[f"formula.{key}"])
        ]
    return pd.DataFrame({"layer": study.arguments["layers"], **columns})
