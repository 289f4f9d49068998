"""Forecasting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from layerwise.evaluation.forecasts import half_width, mase, naive_error, smape
from layerwise.reports.application_domains.shared import PENALTIES, ridge_regression
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained

Forecaster = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def run(
    data: Data,
    runs: Mapping[str, Trained],
    baselines: Sequence[str],
    order: int = 9,
    season: int = 1,
    steps: int = 1,
    periods: Mapping[str, int] | None = None,
    level: float = 0.9,
) -> dict[str, np.ndarray]:
    """Forecast from every origin of the test period with baselines, classical models and trained networks.

    Baselines, classical models and networks are fitted to the training steps; the number of epochs of the networks was
    chosen on the validation steps. Only ``refitted`` and ``full_autoregression`` use more. Prediction intervals are
    split-conformal: their half-width is a quantile of the absolute residuals on the validation steps.

    Parameters
    ----------
    data : mapping
        One dataset of windows ``(n, window, 1)`` and the values that follow ``(n, horizon)``.
    runs : mapping
        Networks trained on it; a network with a horizon shorter than ``steps`` is applied to its own forecasts.
    baselines : sequence of str
        Names of baselines in `BASELINES`.
    order, season : int
        Number of lags of the autoregressions; length of a season in steps.
    steps : int
        Largest horizon of ``by_step``; all other measures use the horizon of the dataset.
    periods : mapping of str to int, optional
        Names and lengths of consecutive parts of the test origins; by default a single one, ``test``.
    level : float
        Nominal coverage of the prediction intervals.

    Returns
    -------
    dict
        In the unit of the series, for each method m and period p: ``rmse.p.m``, ``mae.p.m``, ``mase.p.m``,
        ``smape.p.m`` and the mean interval width ``width.p.m`` (runs,); ``error.p.m`` and ``inside.p.m`` (origins,),
        the mean absolute error and the coverage of the intervals, over runs and steps, at every ``horizon``-th origin
        so that each value counts once; ``covered.p.m`` (origins,), whether the first run's interval covers the first
        step. For each method: ``by_step.m`` (runs, steps), the RMSE by horizon;
        ``forecast.m`` (runs, origins), the forecasts one step ahead; ``half.m`` (runs, horizon), the half-widths of the
        intervals. ``truth`` (origins,), the observed value of the first step.
    """
    series, borders, horizon = whole(data)
    description = next(iter(runs.values())).dataset
    scale, mean = (description["scaling"]["target"][key][0] for key in ("scale", "mean"))
    forecasters: dict[str, list[Forecaster]] = {}
    settings = {"order": order, "season": season, "steps": max(horizon, steps), "window": description["shape"][0]}
    for name in baselines:
        history = series[: borders[1] if name == FULL else borders[0]]
        forecasters[name] = [BASELINES[name](history, **settings)]
    for name, trained in runs.items():
        forecasters[name.partition("/")[0]] = learned(trained)

    validation = np.arange(borders[0], borders[1] - horizon + 1)
    origins = np.arange(borders[1], len(series) - horizon + 1)
    observed = ahead(series, validation, horizon)
    truth = ahead(series, origins, max(horizon, steps)) * scale + mean
    unit = naive_error(series[: borders[1]], season) * scale
    result = {"truth": truth[:, 0]}
    for name, forecast in forecasters.items():
        half = scale * np.stack([half_width(observed - f(series, validation, horizon), level) for f in forecast])
        predicted = mean + scale * np.stack([f(series, origins, max(horizon, steps)) for f in forecast])
        result |= {
            f"by_step.{name}": np.sqrt(np.nanmean((predicted - truth) ** 2, axis=1)),
            f"forecast.{name}": predicted[:, :, 0],
            f"half.{name}": half,
        }
        for period, rows in parts(periods or {"test": len(origins)}, len(origins)).items():
            p, y = predicted[:, rows, :horizon], truth[rows, :horizon]
            inside = np.abs(p - y) <= half[:, None]
            result |= {
                f"rmse.{period}.{name}": np.sqrt(np.mean((p - y) ** 2, axis=(1, 2))),
                f"mae.{period}.{name}": np.mean(np.abs(p - y), axis=(1, 2)),
                f"mase.{period}.{name}": np.array([mase(y, run, unit) for run in p]),
                f"smape.{period}.{name}": np.array([smape(y, run) for run in p]),
                f"width.{period}.{name}": 2 * half.mean(axis=1),
                f"error.{period}.{name}": np.abs(p - y).mean(axis=(0, 2))[::horizon],
                f"inside.{period}.{name}": inside.mean(axis=(0, 2))[::horizon],
                f"covered.{period}.{name}": inside[0, :, 0].astype(float),
            }
    return result


def whole(data: Data) -> tuple[np.ndarray, list[int], int]:
    """Reconstruct the series ``(n,)`` from its windows; also return where validation and test start, and the horizon.

    Raises
    ------
    ValueError
        If there is not exactly one dataset, or its examples are not windows of one channel.
    """
    if len(data) != 1:
        raise ValueError(f"forecasts: there must be one dataset, got {len(data)}: {', '.join(data)}")
    [(name, splits)] = data.items()
    x = splits["train"][0]
    if x.ndim != 3 or x.shape[2] != 1 or any(y.ndim != 2 for _, y in splits.values()):
        raise ValueError(
            f"dataset '{name}': the examples must be windows (steps, 1) of a series, got shape {x.shape[1:]}"
        )
    spans = [
        np.concatenate([splits[part][1][:, 0], splits[part][1][-1, 1:]]) for part in ("train", "validation", "test")
    ]
    pieces = [x[0, :, 0], *spans]
    borders = np.cumsum([len(piece) for piece in pieces])[1:3]
    return np.concatenate(pieces).astype(np.float64), [int(border) for border in borders], splits["test"][1].shape[1]


def parts(lengths: Mapping[str, int], count: int) -> dict[str, slice]:
    """Return the rows of consecutive parts by name.

    Raises
    ------
    ValueError
        If the lengths do not add up to ``count``.
    """
    if sum(lengths.values()) != count:
        raise ValueError(f"periods: the lengths must add up to the {count} test origins, got {sum(lengths.values())}")
    ends = np.cumsum(list(lengths.values())).tolist()
    return {name: slice(end - length, end) for (name, length), end in zip(lengths.items(), ends)}


def ahead(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
    """Return the values starting at each origin ``(origins, steps)``, NaN after the end of the series."""
    padded = np.append(series, np.full(steps, np.nan))
    return padded[origins[:, None] + np.arange(steps)]


def before(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
    """Return the values before each origin ``(origins, steps)``, the oldest first."""
    return series[origins[:, None] + np.arange(-steps, 0)]


def last_value(history: np.ndarray, **_: int) -> Forecaster:
    """Forecast the last value (naive forecast)."""
    return lambda series, origins, steps: np.repeat(series[origins - 1][:, None], steps, axis=1)


def last_season(history: np.ndarray, season: int, **_: int) -> Forecaster:
    """Forecast the value one season before (seasonal naive)."""
    return lambda series, origins, steps: series[origins[:, None] - season + np.arange(steps) % season]


def autoregression(history: np.ndarray, order: int, **_: int) -> Forecaster:
    """Fit AR(order) with a constant by least squares (statsmodels)."""
    from statsmodels.tsa.ar_model import AutoReg

    constant, *lags = AutoReg(history, order).fit().params
    return network(lambda windows: constant + windows[:, ::-1, 0] @ lags, order)


def refitted_autoregression(history: np.ndarray, order: int, **_: int) -> Forecaster:
    """Refit AR(order) at every origin to all previous values."""

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        return np.concatenate([autoregression(series[:t], order)(series, np.array([t]), steps) for t in origins])

    return forecast


def exponential_smoothing(history: np.ndarray, season: int, **_: int) -> Forecaster:
    """Fit exponential smoothing of the level and, if ``season`` > 1, additive trend and season (statsmodels)."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    kind = {"trend": "add", "seasonal": "add", "seasonal_periods": season} if season > 1 else {}
    fitted = ExponentialSmoothing(history, **kind, initialization_method="estimated").fit().params
    start = {f"initial_{part}": fitted[f"initial_{part}"] for part in ("level", *(("trend",) if kind else ()))}
    if kind:
        start["initial_seasonal"] = fitted["initial_seasons"]
    smoothing = {
        key: fitted[key]
        for key in ("smoothing_level", "smoothing_trend", "smoothing_seasonal")
        if kind or key == "smoothing_level"
    }

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        # level, trend and season at an origin depend only on the values before it, so one pass gives all origins
        model = ExponentialSmoothing(series, **kind, initialization_method="known", **start)
        states = model.fit(**smoothing, optimized=False)
        horizons = np.arange(1, steps + 1)
        forecasts = np.repeat(states.level[origins - 1][:, None], steps, axis=1)
        if kind:
            forecasts += states.trend[origins - 1][:, None] * horizons
            forecasts += states.season[origins[:, None] - season - 1 + horizons % season]  # of the last season
        return forecasts

    return forecast


def airline(history: np.ndarray, season: int, **_: int) -> Forecaster:
    """Fit ARIMA(0,1,1)(0,1,1), the airline model (Box & Jenkins 1970; statsmodels)."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    fitted = SARIMAX(history, order=(0, 1, 1), seasonal_order=(0, 1, 1, season)).fit(disp=False)

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        filtered = fitted.apply(series[: origins[0]])
        forecasts = []
        for t, following in zip(origins, [*origins[1:], None]):
            forecasts.append(filtered.forecast(steps))
            if following is not None:
                filtered = filtered.extend(series[t:following])
        return np.stack(forecasts)

    return forecast


def ridge(history: np.ndarray, window: int, steps: int, **_: int) -> Forecaster:
    """Fit a ridge regression on the last ``window`` values per step; penalties are chosen on the last fifth."""
    origins = np.arange(window, len(history) - steps + 1)
    x, y = before(history, origins, window), ahead(history, origins, steps)
    cut = int(0.8 * len(x))
    predictions = [ridge_regression(x[:cut], y[:cut], penalty)(x[cut:]) for penalty in PENALTIES]
    best = np.argmin([np.mean((p - y[cut:]) ** 2, axis=0) for p in predictions], axis=0)
    fits = [ridge_regression(x, y[:, [step]], PENALTIES[choice]) for step, choice in enumerate(best)]

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        windows = before(series, origins, window)
        return np.concatenate([fit(windows) for fit in fits[:steps]], axis=1)

    return forecast


BASELINES: dict[str, Callable[..., Forecaster]] = {
    "last_value": last_value,
    "last_season": last_season,
    "autoregression": autoregression,
    "refitted": refitted_autoregression,
    "full_autoregression": autoregression,
    "smoothing": exponential_smoothing,
    "airline": airline,
    "ridge": ridge,
}


FULL = "full_autoregression"
"""The autoregression fitted to all steps before the test period, as in the literature."""


def network(predict: Callable[[np.ndarray], np.ndarray], window: int) -> Forecaster:
    """Return a forecaster from a function that maps windows ``(n, window, 1)`` to forecasts ``(n, horizon)``.

    Beyond that horizon, the function is applied to its own forecasts.
    """

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        values = before(series, origins, window)
        while values.shape[1] < window + steps:
            following = np.asarray(predict(values[:, -window:, None]), dtype=np.float64)
            values = np.concatenate([values, following.reshape(len(origins), -1)], axis=1)
        return values[:, window : window + steps]

    return forecast


def learned(trained: Trained) -> list[Forecaster]:
    """Return one forecaster per run of an experiment."""
    [window, _] = trained.dataset["shape"]

    def forecaster(model: Any) -> Forecaster:
        return network(lambda x: model.predict(x.astype(np.float32), verbose=0), window)

    return [forecaster(model) for model in trained.models()]
