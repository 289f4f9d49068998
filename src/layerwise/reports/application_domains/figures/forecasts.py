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
    """Return a table of all methods: RMSE of each period beside the reference, and what has no unit over all.

    Of one period, also the share that the intervals held and their width; of many, `coverage` has it.
    """
    periods = list(dict.fromkeys(name.rpartition(".")[0] for name in study.group("rmse")))
    lengths = study.arguments.get("periods", {periods[0]: 1})
    published: Mapping[str, Any] = next(
        (report[e].spec.get("published", {}) for e in method_names(report, study) if e in report), {}
    )
    rows = []
    for method, called in method_names(report, study).items():
        row = {"method": called}
        for period in periods:
            anchor = published.get(f"{study.spec['datasets'][0]}_{method}_{period}")
            row[f"RMSE {period.replace('_', ' ')}" if len(periods) > 1 else "RMSE"] = plus_minus(
                *interval(study[f"rmse.{period}.{method}"]), 2
            ) + (f" (reference {anchor['value']:g})" if anchor else "")
        weights = np.array([lengths[period] for period in periods]) / sum(lengths.values())
        for measure, title, digits in (("mae", "MAE", 2), ("mase", "MASE", 2), ("smape", "sMAPE %", 1)):
            if measure == "mae" and len(periods) > 1:  # three errors in the unit of the series are enough
                continue
            each = np.stack([study[f"{measure}.{period}.{method}"] for period in periods])
            row[title] = plus_minus(*interval(weights @ each), digits)
        if len(periods) == 1:
            inside = study[f"inside.{periods[0]}.{method}"]
            row |= {f"held by {100 * level:.0f} % intervals": f"{100 * inside.mean():.0f} %"}
            row["width"] = plus_minus(*interval(study[f"width.{periods[0]}.{method}"]), 1)
        rows.append(row)
    return pd.DataFrame(rows)


def coverage(report: Report, study: Study) -> pd.DataFrame:
    """Return a table: the share of each period that the intervals of each method held."""
    periods = list(dict.fromkeys(name.rpartition(".")[0] for name in study.group("inside")))
    rows = []
    for method, called in method_names(report, study).items():
        held = {p.replace("_", " "): f"{100 * study[f'inside.{p}.{method}'].mean():.0f} %" for p in periods}
        rows.append({"method": called} | held)
    return pd.DataFrame(rows)


def errors_by_horizon(report: Report, study: Study, unit: str, step: str) -> list[Picture]:
    """Draw the error over how far ahead a forecast looks: of the floors, and of the networks beside the best floor."""
    called, errors = method_names(report, study), study.group("by_step")
    steps = np.arange(1, next(iter(errors.values())).shape[1] + 1)
    floors = {called[method]: errors[method] for method in study.arguments["floors"]}
    best = min(floors, key=lambda name: floors[name].mean())
    networks = {best: floors[best]} | {called[m]: values for m, values in errors.items() if called[m] not in floors}
    pictures = []
    for group, words in ((floors, "Baselines"), (networks, "Networks and the best baseline")):
        first, last = (min(group, key=lambda name: group[name][:, at].mean()) for at in (0, -1))
        pictures.append(
            lines(
                {name: (steps, values) for name, values in group.items()},
                f"{step}s ahead",
                f"RMSE ({unit})",
                f"{words}: one {step} ahead the least error is of {first}; {steps[-1]} {step}s ahead, of {last}",
                limits=(0, 1.75 * max(values.mean(axis=0).max() for values in group.values())),
                legend="upper left",
            )
        )
    return pictures


def draw(report: Report, study: Study, methods: Iterable[str], xlabel: str) -> Picture:
    """Draw the test stretch and the forecasts of its next step by a few methods, the first run of each."""
    called, dataset = method_names(report, study), report.datasets[study.spec["datasets"][0]]
    _, _, time = dataset.series("test")
    truth = study["truth"]
    made = {called[m]: (study[f"forecast.{m}"][0], float(study[f"half.{m}"][0, 0])) for m in methods}
    error = {name: np.sqrt(np.mean((values - truth) ** 2)) for name, (values, _) in made.items()}
    ends = np.cumsum(list(study.arguments.get("periods", {}).values()))[:-1]
    title = "RMSE of the next step: " + ", ".join(f"{name} {value:.3g}" for name, value in error.items())
    unit = dataset.info["feature_names"][0]
    return intervals(time, truth, made, xlabel, unit, title, [time[end] - 0.5 for end in ends])


FLOORS = {"last_value": "nothing changes", "ridge": "ridge"}


def user_table(study: Study) -> tuple[pd.DataFrame, str]:
    """Return the table of the forecasters, errors in the unit of the series, and its caption."""
    info = study.dataset.info
    rows = []
    for name, values in study.group("rmse.test").items():
        mase = study[f"mase.test.{name}"]
        rows.append(
            {
                "forecast": FLOORS.get(name, "linear network" if name.startswith("own_linear") else "network"),
                "RMSE": plus_minus(*interval(values)),
                "MAE": plus_minus(*interval(study[f"mae.test.{name}"])),
                "MASE": plus_minus(*interval(mase)),
                "90 % interval holds": f"{100 * study[f'inside.test.{name}'].mean():.0f} %",
            }
        )
    horizon = info["preparation"]["horizon"]
    steps = "the next step" if horizon == 1 else f"the next {horizon} steps"
    return pd.DataFrame(rows), (
        f"{info['title']}: {steps} from the last {info['shape'][0]}, at every point of the test stretch; of networks "
        "the mean ± half-width of the 95 % interval over seeds. MASE 1 is the MAE of 'nothing changes' on the past"
    )


def user_forecast(study: Study) -> Picture:
    """Draw the test stretch and what was forecast for it, one step ahead."""
    time = study.dataset.series("test")[2]
    found = {
        FLOORS.get(name, "network"): values.mean(axis=0)
        for name, values in study.group("forecast").items()
        if name in FLOORS or name.startswith("own_mlp")
    }
    unit = study.dataset.info["feature_names"][0]
    return plots.forecast(time[: len(study["truth"])], study["truth"], found, "time", unit)
