"""Search methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data


def run(data: Data, sweeps: Sweeps) -> dict[str, np.ndarray]:
    """Return the objective, cost and settings of every trial of each search, in order.

    Returns
    -------
    dict
        ``value.<sweep>`` (trials,), the objective of each trial, NaN if it was stopped early or diverged;
        ``spent.<sweep>`` (trials,), the epochs trained so far, in units of a full training;
        ``position.<sweep>.<parameter>`` (trials,), from 0 to 1 within the range, NaN if the parameter is not in use;
        ``ends.<sweep>`` (parameters, 3), path, first and last value of each parameter, as text.
    """
    result = {}
    for name, table in sweeps.items():
        completed = np.array([row["state"] == "complete" for row in table.rows])
        result[f"value.{name}"] = np.where(completed, table.column("value"), np.nan)
        result[f"spent.{name}"] = np.cumsum(table.column("epochs_trained")) / table.sweep.rungs[-1]
        ends = []
        for p in table.sweep.space:
            result[f"position.{name}.{p.path}"] = np.array([_position(p, settings) for settings in table.settings])
            ends.append([p.path, str(p.values[0]), str(p.values[-1])])
        result[f"ends.{name}"] = np.array(ends)
    return result


def _position(parameter: Any, settings: Mapping[str, Any]) -> float:
    if parameter.path not in settings:
        return np.nan
    value = settings[parameter.path]
    if parameter.kind == "choice":
        return parameter.values.index(value) / max(len(parameter.values) - 1, 1)
    return parameter.position(value)
