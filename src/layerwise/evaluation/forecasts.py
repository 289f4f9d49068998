"""Forecast metrics besides squared and absolute error: scale-free errors and prediction intervals."""

from __future__ import annotations

import numpy as np


def naive_error(history: np.ndarray, season: int = 1) -> float:
    """Return the mean absolute error of the (seasonal) naive forecast within a series ``(n,)``.

    The naive forecast repeats the value ``season`` steps before. Its error is the unit of `mase` (Hyndman & Koehler
    2006, eq. 3 with a season).

    Raises
    ------
    ValueError
        If the series is not longer than ``season``.
    """
    if len(history) <= season:
        raise ValueError(f"naive_error: history must be longer than the season {season}, got {len(history)} steps")
    return float(np.mean(np.abs(history[season:] - history[:-season])))


def mase(truth: np.ndarray, forecast: np.ndarray, unit: float) -> float:
    """Return the mean absolute scaled error with the `naive_error` as ``unit``; below 1 beats the naive forecast."""
    return float(np.nanmean(np.abs(truth - forecast)) / unit)


def smape(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Return the symmetric mean absolute percentage error in [0, 200] (Makridakis 1993), counting 0/0 as 0."""
    size = np.abs(truth) + np.abs(forecast)
    return float(200 * np.nanmean(np.abs(truth - forecast) / np.where(size > 0, size, 1)))


def half_width(residuals: np.ndarray, level: float) -> np.ndarray:
    """Return the half-width of split-conformal prediction intervals (Lei et al. 2018).

    Parameters
    ----------
    residuals : ndarray ``(n, …)``
        Residuals of forecasts on a calibration set that was not used for fitting.
    level : float
        Nominal coverage, below 1.

    Returns
    -------
    ndarray ``(…)``
        The ⌈(n + 1) level⌉-th smallest absolute residual, infinite if n is too small for the level. The coverage is
        guaranteed if calibration and future data are exchangeable, which a series with growing variance violates.
    """
    ordered = np.sort(np.abs(residuals), axis=0)
    rank = int(np.ceil((len(ordered) + 1) * level))
    return ordered[rank - 1] if rank <= len(ordered) else np.full(ordered.shape[1:], np.inf)
