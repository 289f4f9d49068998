"""Parallel coordinates of the trials of a search, with a range to select on every axis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.reporting.artifacts import Study
from layerwise.reporting.widgets import Widget, encode


def widget(study: Study, sweep: str, names: Mapping[str, str], objective: str) -> Widget:
    """Return the widget for one search of the study `search_methods`.

    Parameters
    ----------
    study : Study
    sweep : str
        Name of the search in the study.
    names : mapping
        Path of a hyperparameter → its display name.
    objective : str
        Name of the result; higher is better.
    """
    positions = np.column_stack(list(study.group(f"position.{sweep}").values()))
    value = study[f"value.{sweep}"]
    finished = np.isfinite(value)
    return Widget(
        "parallel_coordinates",
        "Parallel coordinates: select trials",
        "Drag along an axis, or move its two handles with the arrow keys, to keep only the trials in that range. Which "
        "ranges contain only good trials?",
        {
            "axes": [[names.get(path, path), str(low), str(high)] for path, low, high in study[f"ends.{sweep}"]],
            "objective": objective,
            "positions": encode(np.where(np.isnan(positions), -1, positions)[finished].astype(np.float32)),
            "value": encode(value[finished]),
        },
    )
