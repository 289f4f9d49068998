"""Ridge regression in closed form, for the baselines of forecasts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

PENALTIES = 10.0 ** np.arange(-4, 4)


def ridge_regression(x: np.ndarray, y: np.ndarray, penalty: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return the ridge regression ``(XᵀX + λI)⁻¹ Xᵀy`` of centred data, the constant not penalised, as a function."""
    middle, level = x.mean(axis=0), y.mean(axis=0)
    centred = x - middle
    weights = np.linalg.solve(centred.T @ centred + penalty * np.eye(x.shape[1]), centred.T @ (y - level))
    return lambda new: (new - middle) @ weights + level
