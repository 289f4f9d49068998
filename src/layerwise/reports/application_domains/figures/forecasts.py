"""Forecasting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from layerwise import plots
from layerwise.evaluation.compare import interval
from layerwise.numbers import plus_minus
from layerwise.plots import Picture
from layerwise.plots.series import intervals
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.labels import method_names


def table(report: Report, study: Study, level: float = 0.9) -> pd.DataFrame:
    """Return a table of all methods: RMSE by period with its reference value, and scale-free errors over all periods.

    With a single period, it includes the coverage and width of the intervals; otherwise see `coverage`.
    """
    periods = list(dict.fromkeys(name.rpartition(".")[0] for name in study.group("rmse")))
    lengths = study.arguments.get("periods", {periods[0]: 1})
    published: Mapping[str, Any] = next(
        (report[e].spec.get("published", {}) for e in method_names(report, study) if e in report), {}
    )
    rows = []
    for method, name in method_names(report, study).items():
        row = {"method": name}
        for period in periods:
            anchor = published.get(f"{study.spec['datasets'][0]}_{method}_{period}")
            row[f"RMSE {period.replace('_', ' ')}" if len(periods) > 1 else "RMSE"] = plus_minus(
                *interval(study[f"rmse.{period}.{method}"]), 2
            ) + (f" (reference {anchor['value']:g})" if anchor else "")
        weights = np.array([lengths[period] for period in periods]) / sum(lengths.values())
        for measure, title, digits in (("mae", "MAE", 2), ("mase", "MASE", 2), ("smape", "sMAPE (%)", 1)):
            if measure == "mae" and len(periods) > 1:  # keep the table narrow
                continue
            each = np.stack([study[f"{measure}.{period}.{method}"] for period in periods])
            row[title] = plus_minus(*interval(weights @ each), digits)
        if len(periods) == 1:
            inside = study[f"inside.{periods[0]}.{method}"]
            row |= {f"coverage of {100 * level:.0f}% intervals": f"{100 * inside.mean():.0f}%"}
            row["interval width"] = plus_minus(*interval(study[f"width.{periods[0]}.{method}"]), 1)
        rows.append(row)
    return pd.DataFrame(rows)


def coverage(report: Report, study: Study) -> pd.DataFrame:
    """Return a table of the coverage of the prediction intervals by method and period."""
    periods = list(dict.fromkeys(name.rpartition(".")[0] for name in study.group("inside")))
    rows = []
    for method, name in method_names(report, study).items():
        shares = {p.replace("_", " "): f"{100 * study[f'inside.{p}.{method}'].mean():.0f}%" for p in periods}
        rows.append({"method": name} | shares)
    return pd.DataFrame(rows)


def against_autoregression(study: Study) -> str:
    """Return in how many cases AR(p), fitted to the same years, has a lower RMSE than a network, by period."""
    networks = [run.partition("/")[0] for run in study.spec["runs"]]
    parts = []
    for period in study.arguments["periods"]:
        autoregression = float(study[f"rmse.{period}.autoregression"][0])
        errors = [float(study[f"rmse.{period}.{network}"].mean()) for network in networks]
        parts.append(
            f"{sum(error > autoregression for error in errors)} of {len(errors)} networks in "
            f"{period.replace('_to_', '–')} ({autoregression:.1f} against {min(errors):.1f} to {max(errors):.1f})"
        )
    return (
        f"AR({study.arguments['order']}), with {study.arguments['order'] + 1} parameters fitted to the same years, has "
        f"a lower RMSE than {', '.join(parts[:-1])} and {parts[-1]}."
    )


def errors_by_horizon(report: Report, study: Study, unit: str, step: str) -> list[Picture]:
    """Draw the RMSE by forecast horizon for the baselines, and for the networks and the best baseline."""
    names, errors = method_names(report, study), study.group("by_step")
    steps = np.arange(1, next(iter(errors.values())).shape[1] + 1)
    baselines = {names[method]: errors[method] for method in study.arguments["baselines"]}
    best = min(baselines, key=lambda name: baselines[name].mean())
    networks = {best: baselines[best]} | {names[m]: values for m, values in errors.items() if names[m] not in baselines}
    pictures = []
    for group, words in ((baselines, "Baselines"), (networks, "Networks and the best baseline")):
        first, last = (min(group, key=lambda name: group[name][:, at].mean()) for at in (0, -1))
        pictures.append(
            lines(
                {name: (steps, values) for name, values in group.items()},
                f"{step}s ahead",
                f"RMSE ({unit})",
                f"{words}: {first} has the lowest error one {step} ahead, {last} {steps[-1]} {step}s ahead",
                limits=(0, 1.75 * max(values.mean(axis=0).max() for values in group.values())),
                legend="upper left",
            )
        )
    return pictures


def draw(report: Report, study: Study, methods: Iterable[str], xlabel: str) -> Picture:
    """Draw the test period and the one-step-ahead forecasts of some methods, first run of each."""
    names, dataset = method_names(report, study), report.datasets[study.spec["datasets"][0]]
    _, _, time = dataset.series("test")
    truth = study["truth"]
    predictions = {names[m]: (study[f"forecast.{m}"][0], float(study[f"half.{m}"][0, 0])) for m in methods}
    error = {name: np.sqrt(np.mean((values - truth) ** 2)) for name, (values, _) in predictions.items()}
    ends = np.cumsum(list(study.arguments.get("periods", {}).values()))[:-1]
    title = "RMSE one step ahead: " + ", ".join(f"{name} {value:.3g}" for name, value in error.items())
    unit = dataset.info["feature_names"][0]
    return intervals(time, truth, predictions, xlabel, unit, title, [time[end] - 0.5 for end in ends])


USER_LABELS = {"last_value": "last value", "ridge": "ridge"}


def user_table(study: Study) -> tuple[pd.DataFrame, str]:
    """Return a table of the forecasters with errors in the unit of the series, and its caption."""
    info = study.dataset.info
    rows = []
    for name, values in study.group("rmse.test").items():
        mase = study[f"mase.test.{name}"]
        rows.append(
            {
                "forecast": USER_LABELS.get(name, "linear network" if name.startswith("user_linear") else "network"),
                "RMSE": plus_minus(*interval(values)),
                "MAE": plus_minus(*interval(study[f"mae.test.{name}"])),
                "MASE": plus_minus(*interval(mase)),
                "coverage of 90% intervals": f"{100 * study[f'inside.test.{name}'].mean():.0f}%",
            }
        )
    horizon = info["preparation"]["horizon"]
    steps = "the next step" if horizon == 1 else f"the next {horizon} steps"
    return pd.DataFrame(rows), (
        f"{info['title']}: {steps} from the last {info['shape'][0]}, at every point of the test period; networks: mean "
        "± half-width of the 95% interval over seeds. A MASE of 1 is the MAE of the last-value forecast on the past"
    )


def user_forecast(study: Study) -> Picture:
    """Draw the test period and its one-step-ahead forecasts."""
    time = study.dataset.series("test")[2]
    predictions = {
        USER_LABELS.get(name, "network"): values.mean(axis=0)
        for name, values in study.group("forecast").items()
        if name in USER_LABELS or name.startswith("user_mlp")
    }
    unit = study.dataset.info["feature_names"][0]
    return plots.forecast(time[: len(study["truth"])], study["truth"], predictions, "time", unit)
