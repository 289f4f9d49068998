"""Figures and tables of the domains page, pictures and series: each from one study's arrays or a report's runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from layerwise.plots import Picture, image_grid, interval
from layerwise.plots.series import along, intervals
from layerwise.plots.studies import heat, lines
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Experiment, Report, Study

FLOORS = {
    "last_value": "last value",
    "last_season": "seasonal naive",
    "smoothing": "exponential smoothing",
    "airline": "ARIMA (0,1,1)(0,1,1)",
    "ridge": "ridge, closed form",
    "autoregression": "AR({order})",
    "refitted": "AR({order}), refitted at each origin",
}
CHANGES = {
    "noise": "noise (standard deviation)",
    "blur": "blur (pixels)",
    "rotation": "rotation (degrees)",
    "shift": "shift (pixels)",
}
KINDS = {
    "inverted": "inverted",
    "shuffled_tiles": "tiles shuffled",
    "static": "random pixels",
    "digits": "other digits",
    "fashion_mnist": "Fashion-MNIST",
}
SCORES = {"probability": "largest probability", "entropy": "entropy", "energy": "energy"}


def spread(values: np.ndarray, digits: int = 1) -> str:
    """Write values over runs as mean ± half-width of the 95 % interval, one value as it is."""
    mean, half = interval(values)
    return f"{mean:.{digits}f}" + (f" ± {half:.{digits}f}" if len(values) > 1 else "")


def names(report: Report, study: Study) -> dict[str, str]:
    """Return what the methods of a study are called: the floors, and the experiments it read."""
    order = study.arguments.get("order", 9)
    learned = [run.partition("/")[0] for run in study.spec["runs"]]
    floors = {name: FLOORS[name].format(order=order) for name in study.arguments.get("floors", [])}
    return floors | {name: short(report[name]) if name in report else name for name in learned}


def short(experiment: Experiment) -> str:
    """Return the middle of an experiment's title: ``FCN`` of ``MNIST-1D, FCN: three convolutions``."""
    return experiment.title.partition(", ")[2].partition(":")[0].partition(",")[0]


# --- pictures -------------------------------------------------------------------------------------------------------


def ladder(report: Report, experiments: Iterable[Experiment]) -> pd.DataFrame:
    """Return a table of classifiers: the largest class, the published accuracy and ours in one row, in per cent."""
    summary = report.summary.query("split == 'test' and metric == 'accuracy'").set_index(["experiment", "backend"])
    rows = []
    for e in experiments:
        balance = e.dataset.info["class_balance"]["test"]
        row: dict[str, Any] = {
            "dataset": e.dataset.info["title"].partition(":")[0],
            "model": short(e),
            "largest class": f"{100 * max(balance) / sum(balance):.1f}",
        }
        anchor = e.spec.get("published", {}).get(e.name)
        row["published"] = f"{100 * anchor['value']:.1f}" if anchor else None
        for backend, name in (("numpy", "NumPy"), ("keras", "Keras")):
            found: Any = summary.loc[(e.name, backend)] if (e.name, backend) in summary.index else None
            row[name] = (
                None if found is None else f"{100 * found['mean']:.1f} ± {50 * (found['high'] - found['low']):.1f}"
            )
        rows.append({**row, "published by": f"{anchor['source']}; {anchor['protocol']}" if anchor else None})
    return pd.DataFrame(rows).dropna(axis=1, how="all")


def spoiled(study: Study) -> Picture:
    """Draw one image under each change, from none to the most."""
    pictures = study.group("picture")
    captions = [f"{change} {amount:g}" for change in pictures for amount in study[f"severity.{change}"]]
    count = len(next(iter(pictures.values())))
    return image_grid(
        np.concatenate(list(pictures.values())), captions, count, f"One digit, {len(pictures)} ways to corrupt it"
    )


def severities(report: Report, study: Study) -> list[Picture]:
    """Draw accuracy over the severity of each change, a line for each model."""
    called = names(report, study)
    pictures = []
    for change in study.arguments["severities"]:
        amounts, last = study[f"severity.{change}"], study.group(f"last.{change}")
        ends = ", ".join(f"{called[model]} {100 * values.mean():.0f} %" for model, values in last.items())
        pictures.append(
            lines(
                {called[model]: (amounts, values) for model, values in study.group(f"accuracy.{change}").items()},
                CHANGES[change],
                "test accuracy",
                f"{change.capitalize()} of {amounts[-1]:g}: {ends} right",
                marked=True,
                limits=(0, 1),
            )
        )
    return pictures


def overconfidence(report: Report, study: Study) -> list[Picture]:
    """Draw, for each model, by how much its confidence exceeds its accuracy as severity grows."""
    called = names(report, study)
    pictures = []
    for model in [run.partition("/")[0] for run in study.spec["runs"]]:
        series = {}
        for change in study.arguments["severities"]:
            excess = study[f"confidence.{change}.{model}"] - study[f"accuracy.{change}.{model}"]
            series[change] = (np.arange(excess.shape[1]), excess)
        worst = max(series, key=lambda change: series[change][1][:, -1].mean())
        gap = 100 * series[worst][1][:, -1].mean()
        pictures.append(
            lines(
                series,
                "severity (steps)",
                "mean confidence − accuracy",
                f"{called[model]}: at the most {worst} it is overconfident by {gap:.0f} points",
                marked=True,
                reference=("calibrated", 0.0),
            )
        )
    return pictures


def strangers(study: Study) -> Picture:
    """Draw a few images of each kind that a detector is to tell apart."""
    pictures = study.group("picture")
    count = len(next(iter(pictures.values())))
    captions = [KINDS.get(kind, kind) if k == 0 else "" for kind in pictures for k in range(count)]
    return image_grid(
        np.concatenate(list(pictures.values())),
        captions,
        count,
        f"Known digits, and {len(pictures) - 1} kinds of strangers",
    )


def detection(report: Report, study: Study) -> list[Picture]:
    """Draw, for each model, the area under the ROC curve of each score on each kind of stranger, mean over the runs."""
    called = names(report, study)
    kinds = [kind for kind in study.group("picture") if kind != "familiar"]
    pictures = []
    for model in [run.partition("/")[0] for run in study.spec["runs"]]:
        area = np.array([[study[f"auroc.{kind}.{score}.{model}"].mean() for score in SCORES] for kind in kinds])
        row, column = np.unravel_index(area.argmin(), area.shape)
        score = list(SCORES.values())[column]
        pictures.append(
            heat(
                area,
                [KINDS.get(kind, kind) for kind in kinds],
                list(SCORES.values()),
                "score",
                "strangers",
                f"{called[model]}: worst is {score} on {KINDS.get(kinds[row], kinds[row])}, "
                f"{100 * area[row, column]:.0f} % of the pairs in order",
            )
        )
    return pictures


# --- forecasts ------------------------------------------------------------------------------------------------------


def forecasts(report: Report, study: Study, level: float = 0.9) -> pd.DataFrame:
    """Return a table of all methods: RMSE of each period beside the reference, and what has no unit over all.

    Of one period, also the share that the intervals held and their width; of many, `coverage` has it.
    """
    periods = list(dict.fromkeys(name.rpartition(".")[0] for name in study.group("rmse")))
    lengths = study.arguments.get("periods", {periods[0]: 1})
    published: Mapping[str, Any] = next(
        (report[e].spec.get("published", {}) for e in names(report, study) if e in report), {}
    )
    rows = []
    for method, called in names(report, study).items():
        row = {"method": called}
        for period in periods:
            anchor = published.get(f"{study.spec['datasets'][0]}_{method}_{period}")
            row[f"RMSE {period.replace('_', ' ')}" if len(periods) > 1 else "RMSE"] = spread(
                study[f"rmse.{period}.{method}"], 2
            ) + (f" (reference {anchor['value']:g})" if anchor else "")
        weights = np.array([lengths[period] for period in periods]) / sum(lengths.values())
        for measure, title, digits in (("mae", "MAE", 2), ("mase", "MASE", 2), ("smape", "sMAPE %", 1)):
            if measure == "mae" and len(periods) > 1:  # three errors in the unit of the series are enough
                continue
            each = np.stack([study[f"{measure}.{period}.{method}"] for period in periods])
            row[title] = spread(weights @ each, digits)
        if len(periods) == 1:
            inside = study[f"inside.{periods[0]}.{method}"]
            row |= {f"held by {100 * level:.0f} % intervals": f"{100 * inside.mean():.0f} %"}
            row["width"] = spread(study[f"width.{periods[0]}.{method}"], 1)
        rows.append(row)
    return pd.DataFrame(rows)


def coverage(report: Report, study: Study) -> pd.DataFrame:
    """Return a table: the share of each period that the intervals of each method held."""
    periods = list(dict.fromkeys(name.rpartition(".")[0] for name in study.group("inside")))
    rows = []
    for method, called in names(report, study).items():
        held = {p.replace("_", " "): f"{100 * study[f'inside.{p}.{method}'].mean():.0f} %" for p in periods}
        rows.append({"method": called} | held)
    return pd.DataFrame(rows)


def ahead(report: Report, study: Study, unit: str, step: str) -> list[Picture]:
    """Draw the error over how far ahead a forecast looks: of the floors, and of the networks beside the best floor."""
    called, errors = names(report, study), study.group("by_step")
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


def drawn(report: Report, study: Study, methods: Iterable[str], xlabel: str) -> Picture:
    """Draw the test stretch and the forecasts of its next step by a few methods, the first run of each."""
    called, dataset = names(report, study), report.datasets[study.spec["datasets"][0]]
    _, _, time = dataset.series("test")
    truth = study["truth"]
    made = {called[m]: (study[f"forecast.{m}"][0], float(study[f"half.{m}"][0, 0])) for m in methods}
    error = {name: np.sqrt(np.mean((values - truth) ** 2)) for name, (values, _) in made.items()}
    ends = np.cumsum(list(study.arguments.get("periods", {}).values()))[:-1]
    title = "RMSE of the next step: " + ", ".join(f"{name} {value:.3g}" for name, value in error.items())
    unit = dataset.info["feature_names"][0]
    return intervals(time, truth, made, xlabel, unit, title, [time[end] - 0.5 for end in ends])


def floors(report: Report, study: Study) -> pd.DataFrame:
    """Return a table of a dataset of several channels: floors and networks, MSE and MAE beside the published MSE."""
    dataset = study.spec["datasets"][0]
    own = [e for e in report if e.spec["dataset"] == dataset]
    published = own[0].spec.get("published", {}) if own else {}
    rows = []

    def add(key: str, model: str, mse: str, mae: str) -> None:
        anchor = published.get(key)
        row = {"model": model, "MSE": mse, "MAE": mae, "published MSE": f"{anchor['value']:g}" if anchor else None}
        rows.append(row | {"by": f"{anchor['model']}, {anchor['source']}" if anchor else None})

    for method, mse in study.group("mse").items():
        add(f"{dataset}_{method}", FLOORS[method], spread(mse, 3), spread(study[f"mae.{method}"], 3))
    for e in own:
        for backend in e.backends:
            seeds = e.healthy(backend)
            mse, mae = (
                np.array([e.metrics[backend, seed]["splits"]["test"][m] for seed in seeds]) for m in ("mse", "mae")
            )
            add(e.name, f"{short(e)}, {BACKEND_NAMES[backend]}", spread(mse, 3), spread(mae, 3))
    return pd.DataFrame(rows)


# --- classes of series ----------------------------------------------------------------------------------------------


def series_table(report: Report, study: Study | None) -> pd.DataFrame:
    """Return the ladder of the classified series, each dataset's nearest neighbour first."""
    own = [e for e in report if e.dataset.info["kind"] == "series" and e.dataset.info["classes"]]
    table = ladder(report, sorted(own, key=lambda e: e.spec["dataset"]))
    if study is None:
        return table
    parts = []
    for title, rows in table.groupby("dataset", sort=False):
        for name in dict.fromkeys(e.spec["dataset"] for e in own if e.dataset.info["title"].partition(":")[0] == title):
            if f"accuracy.{name}" in study.arrays:
                accuracy = f"{100 * study[f'accuracy.{name}'][0]:.1f}"
                floor = rows.iloc[0].to_dict() | dict.fromkeys(("published", "published by", "Keras"))
                floor |= {"model": "1 nearest neighbor, Euclidean", "NumPy": accuracy}
                parts.append(pd.DataFrame([floor], columns=table.columns))
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def looks(report: Report, study: Study) -> list[Picture]:
    """Draw the class-activation map along one series of each class, for each network."""
    classes = report.datasets[study.spec["datasets"][0]].names
    pictures = []
    for model, maps in study.group("map").items():
        share = np.sort(np.maximum(maps, 0), axis=1)[:, ::-1]
        top = share[:, : max(1, maps.shape[1] // 4)].sum() / share.sum()
        called = names(report, study)[model]
        title = f"{called}: a quarter of the steps brings {100 * top:.0f} % of what speaks for the class"
        pictures.append(along(study["series"], maps, classes, title))
    return pictures


def removals(report: Report, study: Study) -> list[Picture]:
    """Draw how the winning class loses its probability as steps are set to zero, by the map or in random order."""
    pictures = []
    for model, curve in study.group("removed").items():
        chance, share = study[f"random.{model}"], 100 * study["share"]
        pictures.append(
            lines(
                {"highest map first": (share, curve), "random order": (share, chance)},
                "steps set to zero (%)",
                "probability of the class that had won",
                f"{names(report, study)[model]}: without the {share[1]:.0f} % of steps that say most, "
                f"{curve[:, 1].mean():.2f} is left, without any others {chance[:, 1].mean():.2f}",
            )
        )
    return pictures


def apart(report: Report, study: Study) -> pd.DataFrame:
    """Return how far NumPy's and Keras's losses are apart at most, network by network."""
    called: Mapping[str, str] = names(report, study)
    return pd.DataFrame(
        [
            {"network": called[name], "last loss, NumPy": float(study[f"loss.numpy.{name}"][:, -1].mean()),
             "last loss, Keras": float(study[f"loss.keras.{name}"][:, -1].mean()),
             "largest relative difference": f"{values.max():.1e}"}
            for name, values in study.group("apart").items()
        ]
    )  # fmt: skip
