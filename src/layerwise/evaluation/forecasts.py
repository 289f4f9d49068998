"""What is measured on forecasts, beside the squared and absolute error: errors without a unit, intervals."""

from __future__ import annotations

import numpy as np


def naive_error(history: np.ndarray, season: int = 1) -> float:
    """Return the mean absolute error, within a series ``(n,)``, of repeating what was ``season`` steps before.

    The unit of `mase` (Hyndman & Koehler 2006, eq. 3 with a season).
    """
    if len(history) <= season:
        raise ValueError(f"a history of {len(history)} steps holds no season of {season}; accepted is a longer one")
    return float(np.mean(np.abs(history[season:] - history[:-season])))


def mase(truth: np.ndarray, forecast: np.ndarray, unit: float) -> float:
    """Return the mean absolute scaled error: below 1, better than repeating was on the history (`naive_error`)."""
    return float(np.nanmean(np.abs(truth - forecast)) / unit)


def smape(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Return the symmetric mean absolute percentage error, 0 to 200 (Makridakis 1993); 0/0 counts as no error."""
    size = np.abs(truth) + np.abs(forecast)
    return float(200 * np.nanmean(np.abs(truth - forecast) / np.where(size > 0, size, 1)))


def half_width(residuals: np.ndarray, level: float) -> np.ndarray:
    """Return half the width of split-conformal intervals (Lei et al. 2018).

    Parameters
    ----------
    residuals : ndarray ``(n, …)``
        Of forecasts of a calibration stretch that the forecaster was not fitted on.
    level : float
        Share of the future that the intervals are to hold, below 1.

    Returns
    -------
    ndarray ``(…)``
        The ⌈(n + 1) level⌉-th smallest absolute residual, infinite if n is too small for the level. The promise holds
        where calibration and future can be exchanged, which a series whose swings grow breaks.
    """
    ordered = np.sort(np.abs(residuals), axis=0)
    rank = int(np.ceil((len(ordered) + 1) * level))
    return ordered[rank - 1] if rank <= len(ordered) else np.full(ordered.shape[1:], np.inf)
