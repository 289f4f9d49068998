"""Forecasting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
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
    floors: Sequence[str],
    order: int = 9,
    season: int = 1,
    steps: int = 1,
    periods: Mapping[str, int] | None = None,
    level: float = 0.9,
) -> dict[str, np.ndarray]:
    """Forecast from every origin of the test stretch by simple rules, classical models and trained networks.

    What is fitted here is fitted on all steps before the test stretch. Networks learned from the training steps, and
    their epochs were chosen on the validation steps. Intervals are split-conformal: half as wide as a quantile of the
    absolute residuals on the validation steps, of a forecaster fitted on the training steps alone.

    Parameters
    ----------
    data : mapping
        One dataset of windows ``(n, window, 1)`` and what followed ``(n, horizon)``.
    runs : mapping
        Networks trained on it; one of a shorter horizon than ``steps`` reads its own forecasts to get there.
    floors : sequence of str
        Names of `FLOORS`.
    order, season : int
        Lags of the autoregressions; steps of a season.
    steps : int
        How far ahead to look for ``by_step``; measures are of the dataset's own horizon.
    periods : mapping of str to int, optional
        Names and lengths of consecutive parts of the test origins; by default one, ``test``.
    level : float
        Share of the values that the intervals are to hold.

    Returns
    -------
    dict
        In the unit of the series, for each method m and period p: ``rmse.p.m``, ``mae.p.m``, ``mase.p.m``,
        ``smape.p.m``, ``width.p.m`` (runs,); ``error.p.m`` (origins,), the mean absolute error of each origin, and
        ``inside.p.m`` (origins,), how much of it the interval held, both over runs and steps, and only every
        ``horizon``-th origin, so that no value counts twice; ``by_step.m`` (runs, steps), the RMSE so far ahead;
        ``forecast.m`` (runs, origins) and ``half.m`` (runs, horizon); ``truth`` (origins,), the first step each.
    """
    series, borders, horizon = whole(data)
    described = next(iter(runs.values())).dataset
    scale, mean = (described["scaling"]["target"][key][0] for key in ("scale", "mean"))
    forecasters: dict[str, tuple[list[Forecaster], list[Forecaster]]] = {}
    settings = {"order": order, "season": season, "steps": max(horizon, steps), "window": described["shape"][0]}
    for name in floors:
        fit = partial(FLOORS[name], **settings)
        forecasters[name] = [fit(series[: borders[0]])], [fit(series[: borders[1]])]
    for name, trained in runs.items():
        forecasters[name.partition("/")[0]] = (learned(trained),) * 2

    validation = np.arange(borders[0], borders[1] - horizon + 1)
    origins = np.arange(borders[1], len(series) - horizon + 1)
    known, truth = ahead(series, validation, horizon), ahead(series, origins, max(horizon, steps)) * scale + mean
    unit = naive_error(series[: borders[1]], season) * scale
    result = {"truth": truth[:, 0]}
    for name, (first, final) in forecasters.items():
        half = scale * np.stack([half_width(known - f(series, validation, horizon), level) for f in first])
        made = mean + scale * np.stack([f(series, origins, max(horizon, steps)) for f in final])
        result |= {
            f"by_step.{name}": np.sqrt(np.nanmean((made - truth) ** 2, axis=1)),
            f"forecast.{name}": made[:, :, 0],
            f"half.{name}": half,
        }
        for period, rows in parts(periods or {"test": len(origins)}, len(origins)).items():
            p, y = made[:, rows, :horizon], truth[rows, :horizon]
            inside = np.abs(p - y) <= half[:, None]
            result |= {
                f"rmse.{period}.{name}": np.sqrt(np.mean((p - y) ** 2, axis=(1, 2))),
                f"mae.{period}.{name}": np.mean(np.abs(p - y), axis=(1, 2)),
                f"mase.{period}.{name}": np.array([mase(y, run, unit) for run in p]),
                f"smape.{period}.{name}": np.array([smape(y, run) for run in p]),
                f"width.{period}.{name}": 2 * half.mean(axis=1),
                f"error.{period}.{name}": np.abs(p - y).mean(axis=(0, 2))[::horizon],
                f"inside.{period}.{name}": inside.mean(axis=(0, 2))[::horizon],
            }
    return result


def whole(data: Data) -> tuple[np.ndarray, list[int], int]:
    """Return the series ``(n,)`` that windows were cut from, where validation and test begin in it, and the horizon.

    Raises
    ------
    ValueError
        If there is not one dataset of windows of one channel, in all three splits.
    """
    if len(data) != 1:
        raise ValueError(f"the study is about one series, got {len(data)} datasets: {', '.join(data)}")
    [(name, splits)] = data.items()
    x = splits["train"][0]
    if x.ndim != 3 or x.shape[2] != 1 or any(y.ndim != 2 for _, y in splits.values()):
        raise ValueError(
            f"dataset '{name}': examples of shape {x.shape[1:]}; accepted are windows (steps, 1) of a series"
        )
    spans = [
        np.concatenate([splits[part][1][:, 0], splits[part][1][-1, 1:]]) for part in ("train", "validation", "test")
    ]
    pieces = [x[0, :, 0], *spans]
    borders = np.cumsum([len(piece) for piece in pieces])[1:3]
    return np.concatenate(pieces).astype(np.float64), [int(border) for border in borders], splits["test"][1].shape[1]


def parts(lengths: Mapping[str, int], count: int) -> dict[str, slice]:
    """Return the rows of consecutive parts by name; together they are to be ``count`` rows."""
    if sum(lengths.values()) != count:
        raise ValueError(
            f"periods: their lengths add up to {sum(lengths.values())}, but there are {count} test origins"
        )
    ends = np.cumsum(list(lengths.values())).tolist()
    return {name: slice(end - length, end) for (name, length), end in zip(lengths.items(), ends)}


def ahead(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
    """Return the values from each origin on ``(origins, steps)``, NaN after the end of the series."""
    padded = np.append(series, np.full(steps, np.nan))
    return padded[origins[:, None] + np.arange(steps)]


def before(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
    """Return the values before each origin ``(origins, steps)``, the oldest first."""
    return series[origins[:, None] + np.arange(-steps, 0)]


def last_value(history: np.ndarray, **_: int) -> Forecaster:
    """Nothing changes."""
    return lambda series, origins, steps: np.repeat(series[origins - 1][:, None], steps, axis=1)


def last_season(history: np.ndarray, season: int, **_: int) -> Forecaster:
    """Every step is as it was a season before."""
    return lambda series, origins, steps: series[origins[:, None] - season + np.arange(steps) % season]


def autoregression(history: np.ndarray, order: int, **_: int) -> Forecaster:
    """AR(order) with a constant, by least squares (statsmodels)."""
    from statsmodels.tsa.ar_model import AutoReg

    constant, *lags = AutoReg(history, order).fit().params
    return network(lambda windows: constant + windows[:, ::-1, 0] @ lags, order)


def refitted_autoregression(history: np.ndarray, order: int, **_: int) -> Forecaster:
    """AR(order) fitted anew at every origin, on all that is known by then."""

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        return np.concatenate([autoregression(series[:t], order)(series, np.array([t]), steps) for t in origins])

    return forecast


def exponential_smoothing(history: np.ndarray, season: int, **_: int) -> Forecaster:
    """Exponential smoothing (statsmodels): of the level, where there is a season also of a trend and the season."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    kind = {"trend": "add", "seasonal": "add", "seasonal_periods": season} if season > 1 else {}
    fitted = ExponentialSmoothing(history, **kind, initialization_method="estimated").fit().params
    start = {f"initial_{part}": fitted[f"initial_{part}"] for part in ("level", *(("trend",) if kind else ()))}
    if kind:
        start["initial_seasonal"] = fitted["initial_seasons"]
    pace = {
        key: fitted[key]
        for key in ("smoothing_level", "smoothing_trend", "smoothing_seasonal")
        if kind or key == "smoothing_level"
    }

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        # Level, trend and season at an origin follow from the values before it: one pass over the series has them all.
        model = ExponentialSmoothing(series, **kind, initialization_method="known", **start)
        passed = model.fit(**pace, optimized=False)
        ahead = np.arange(1, steps + 1)
        made = np.repeat(passed.level[origins - 1][:, None], steps, axis=1)
        if kind:
            made += passed.trend[origins - 1][:, None] * ahead
            made += passed.season[origins[:, None] - season - 1 + ahead % season]  # the last one seen
        return made

    return forecast


def airline(history: np.ndarray, season: int, **_: int) -> Forecaster:
    """ARIMA(0,1,1)(0,1,1), the airline model (Box & Jenkins 1970; statsmodels)."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    fitted = SARIMAX(history, order=(0, 1, 1), seasonal_order=(0, 1, 1, season)).fit(disp=False)

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        known = fitted.apply(series[: origins[0]])
        made = []
        for t, following in zip(origins, [*origins[1:], None]):
            made.append(known.forecast(steps))
            if following is not None:
                known = known.extend(series[t:following])
        return np.stack(made)

    return forecast


def ridge(history: np.ndarray, window: int, steps: int, **_: int) -> Forecaster:
    """Linear in the last ``window`` values, in closed form; for each step the penalty that fits the last fifth best."""
    origins = np.arange(window, len(history) - steps + 1)
    x, y = before(history, origins, window), ahead(history, origins, steps)
    kept = int(0.8 * len(x))
    tried = [ridge_regression(x[:kept], y[:kept], penalty)(x[kept:]) for penalty in PENALTIES]
    best = np.argmin([np.mean((p - y[kept:]) ** 2, axis=0) for p in tried], axis=0)
    fits = [ridge_regression(x, y[:, [step]], PENALTIES[choice]) for step, choice in enumerate(best)]

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        seen = before(series, origins, window)
        return np.concatenate([fit(seen) for fit in fits[:steps]], axis=1)

    return forecast


FLOORS: dict[str, Callable[..., Forecaster]] = {
    "last_value": last_value,
    "last_season": last_season,
    "autoregression": autoregression,
    "refitted": refitted_autoregression,
    "smoothing": exponential_smoothing,
    "airline": airline,
    "ridge": ridge,
}


def network(predict: Callable[[np.ndarray], np.ndarray], window: int) -> Forecaster:
    """Return the forecaster of a function from windows ``(n, window, 1)`` to what follows, ``(n, horizon)``.

    Beyond that horizon it reads its own forecasts.
    """

    def forecast(series: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        seen = before(series, origins, window)
        while seen.shape[1] < window + steps:
            following = np.asarray(predict(seen[:, -window:, None]), dtype=np.float64)
            seen = np.concatenate([seen, following.reshape(len(origins), -1)], axis=1)
        return seen[:, window : window + steps]

    return forecast


def learned(trained: Trained) -> list[Forecaster]:
    """Return the forecaster of each run of an experiment."""
    [window, _] = trained.dataset["shape"]

    def predicts(model: Any) -> Forecaster:
        return network(lambda x: model.predict(x.astype(np.float32), verbose=0), window)

    return [predicts(model) for model in trained.models()]
