"""Search methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data


def run(data: Data, sweeps: Sweeps) -> dict[str, np.ndarray]:
    """Return what each search found, trial after trial.

    Returns
    -------
    dict
        For each sweep ``value`` (trials,), the objective of each trial, NaN where it was stopped early or diverged;
        ``spent`` (trials,), the epochs trained so far, as a share of a whole training;
        ``position.<sweep>.<parameter>`` (trials,), from 0 to 1 in its range, NaN where it is not in use;
        ``ends.<sweep>`` (parameters, 3), the path of each, its lowest and its highest value, as text.
    """
    found = {}
    for name, table in sweeps.items():
        whole = np.array([row["state"] == "complete" for row in table.rows])
        found[f"value.{name}"] = np.where(whole, table.column("value"), np.nan)
        found[f"spent.{name}"] = np.cumsum(table.column("epochs_trained")) / table.sweep.rungs[-1]
        ends = []
        for p in table.sweep.space:
            found[f"position.{name}.{p.path}"] = np.array([_position(p, chosen) for chosen in table.settings])
            ends.append([p.path, str(p.values[0]), str(p.values[-1])])
        found[f"ends.{name}"] = np.array(ends)
    return found


def _position(parameter: Any, settings: Mapping[str, Any]) -> float:
    if parameter.path not in settings:
        return np.nan
    value = settings[parameter.path]
    if parameter.kind == "choice":
        return parameter.values.index(value) / max(len(parameter.values) - 1, 1)
    return parameter.position(value)
