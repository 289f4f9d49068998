"""Baselines of a series with several channels."""

from __future__ import annotations

import numpy as np

from layerwise.reports.application_domains.shared import PENALTIES, ridge_regression
from layerwise.reports.inputs import Data


def run(data: Data, season: int = 24) -> dict[str, np.ndarray]:
    """Evaluate the baselines of a dataset with several channels: last value, last season, and a ridge regression.

    The ridge regression predicts the future values of a channel from its window, both relative to the last value of the
    window. All channels share its weights; the penalty is chosen on the validation split.

    Returns
    -------
    dict
        ``mse.<method>`` and ``mae.<method>`` (1,) on the test split in scaled units, for the methods ``last_value``,
        ``last_season`` and ``ridge``.
    """
    [splits] = data.values()
    rows = {name: tuple(a.transpose(0, 2, 1).reshape(-1, a.shape[1]) for a in pair) for name, pair in splits.items()}
    level = {name: x[:, -1:] for name, (x, _) in rows.items()}
    x, y = (a - level["train"] for a in rows["train"])
    xv, yv = (a - level["validation"] for a in rows["validation"])
    fits = [ridge_regression(x, y, len(x) * penalty) for penalty in PENALTIES[:4]]
    best = min(fits, key=lambda fit: float(np.mean((fit(xv) - yv) ** 2)))
    xt, yt = rows["test"]
    forecasts = {
        "last_value": np.broadcast_to(level["test"], yt.shape),
        "last_season": xt[:, -season + np.arange(yt.shape[1]) % season],
        "ridge": level["test"] + best(xt - level["test"]),
    }
    return {f"mse.{name}": np.array([np.mean((p - yt) ** 2)]) for name, p in forecasts.items()} | {
        f"mae.{name}": np.array([np.mean(np.abs(p - yt))]) for name, p in forecasts.items()
    }
