"""The page about one dataset of one's own: images, series with classes, or a series to forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise import plots
from layerwise.plots import Picture, interval
from layerwise.plots.studies import lines
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Dataset, Experiment, Report, Study

FLOORS = {"last_value": "nothing changes", "ridge": "ridge"}


def experiments(page: Report) -> list[Experiment]:
    """Return the experiments that were made for a dataset of one's own; texts have a section already."""
    return [experiment for experiment in page if experiment.name.startswith("own_")]


def classified(page: Report) -> tuple[pd.DataFrame, str]:
    """Return the table of the classifiers with the floors beside them, and its caption."""
    own = experiments(page)
    info = own[0].dataset.info
    floor = max(info["class_balance"]["test"]) / info["counts"]["test"]
    rows = [
        {"model": "nearest training example", "with": "NumPy", "test accuracy": f"{values.mean():.3f}"}
        for study in page.studies("sequences.nearest")
        for values in study.group("accuracy").values()
    ]
    for experiment in own:
        for backend in experiment.backends:
            seeds = experiment.healthy(backend)
            values = np.array([experiment.metrics[backend, seed]["splits"]["test"]["accuracy"] for seed in seeds])
            rows.append(
                {"model": experiment.title, "with": BACKEND_NAMES[backend], "test accuracy": _plus_minus(values)}
            )
    table = pd.DataFrame(rows).assign(**{"largest class": f"{floor:.3f}"})
    return table, f"{info['title']}: {page.over_seeds}; the baseline is the largest class of the test split"


def forecast(study: Study) -> tuple[pd.DataFrame, str]:
    """Return the table of the forecasters, errors in the unit of the series, and its caption."""
    info = study.dataset.info
    rows = []
    for name, values in study.group("rmse.test").items():
        mase = study[f"mase.test.{name}"]
        rows.append(
            {
                "forecast": FLOORS.get(name, "linear network" if name.startswith("own_linear") else "network"),
                "RMSE": _plus_minus(values),
                "MAE": _plus_minus(study[f"mae.test.{name}"]),
                "MASE": _plus_minus(mase),
                "90 % interval holds": f"{100 * study[f'inside.test.{name}'].mean():.0f} %",
            }
        )
    horizon = info["preparation"]["horizon"]
    steps = "the next step" if horizon == 1 else f"the next {horizon} steps"
    return pd.DataFrame(rows), (
        f"{info['title']}: {steps} from the last {info['shape'][0]}, at every point of the test stretch; of networks "
        "the mean ± half-width of the 95 % interval over seeds. MASE 1 is the MAE of 'nothing changes' on the past"
    )


def course(study: Study) -> Picture:
    """Draw the test stretch and what was forecast for it, one step ahead."""
    time = study.dataset.series("test")[2]
    found = {
        FLOORS.get(name, "network"): values.mean(axis=0)
        for name, values in study.group("forecast").items()
        if name in FLOORS or name.startswith("own_mlp")
    }
    unit = study.dataset.info["feature_names"][0]
    return plots.forecast(time[: len(study["truth"])], study["truth"], found, "time", unit)


def look(dataset: Dataset, count: int = 3) -> Picture:
    """Draw the first series of each class."""
    x, y = dataset.split("train")
    steps = np.arange(x.shape[1])
    shown = {dataset.names[k]: (steps, x[y == k][:count, :, 0]) for k in np.unique(y)[:6]}
    title = f"{len(x)} training series of {x.shape[1]} steps; the mean of the first {count} of each class"
    return lines(shown, "step", "value", title)


def _plus_minus(values: np.ndarray) -> str:
    mean, half = interval(values)
    return f"{mean:.3f}" if np.isnan(half) else f"{mean:.3f} ± {half:.3f}"
