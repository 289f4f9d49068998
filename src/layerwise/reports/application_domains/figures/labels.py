"""Display names of forecasting methods and experiments."""

from __future__ import annotations

from layerwise.reporting.artifacts import Experiment, Report, Study

BASELINES = {
    "last_value": "last value",
    "last_season": "seasonal naive",
    "smoothing": "exponential smoothing",
    "airline": "ARIMA (0,1,1)(0,1,1)",
    "ridge": "ridge, closed form",
    "autoregression": "AR({order})",
    "full_autoregression": "AR({order}), fitted to 1920",
    "refitted": "AR({order}), refitted at each origin",
}


def method_names(report: Report, study: Study) -> dict[str, str]:
    """Return the display names of the methods of a study, baselines and experiments."""
    order = study.arguments.get("order", 9)
    experiments = [run.partition("/")[0] for run in study.spec["runs"]]
    baselines = {name: BASELINES[name].format(order=order) for name in study.arguments.get("baselines", [])}
    return baselines | {name: short_title(report[name]) if name in report else name for name in experiments}


def short_title(experiment: Experiment) -> str:
    """Return the middle of an experiment's title: ``FCN`` of ``MNIST-1D, FCN: three convolutions``."""
    return experiment.title.partition(", ")[2].partition(":")[0].partition(",")[0]
