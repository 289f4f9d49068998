"""The result on a user's table: the headline, and the models beside the baselines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import interval
from layerwise.numbers import number, plus_minus
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting import display
from layerwise.reporting.artifacts import METRICS, Experiment, Report, Study
from layerwise.reports.user_table.studies.baselines import CLASSIFICATION, REGRESSION

IMBALANCED = 0.8  # share of the largest class above which accuracy says little


def experiments(page: Report) -> list[Experiment]:
    """Return the linear model and the MLP on the whole table, without those on folds."""
    return [page.experiments[name] for name in page.experiments if name.startswith("user_")]


def main_metric(experiment: Experiment) -> str:
    """Return the metric of the headline: RMSE; accuracy; or, of imbalanced classes, balanced accuracy or PR-AUC."""
    balance = experiment.dataset.info["class_balance"]
    if balance is None:
        return "rmse"
    if experiment.spec.get("class_weight") == "balanced":
        return "recall_macro"
    return "pr_auc" if max(balance["train"]) > IMBALANCED * sum(balance["train"]) else "accuracy"


def prior_name(experiment: Experiment) -> str:
    """Return the name of the simplest baseline."""
    balance = experiment.dataset.info["class_balance"]
    if balance is None:
        return "mean of the training rows"
    return f"largest class ({experiment.dataset.names[int(np.argmax(balance['train']))]})"


def values(experiment: Experiment, backend: str, metric: str) -> np.ndarray:
    """Return a test metric of each run, errors in the units of the target."""
    measured = [experiment.metrics[backend, seed]["splits"]["test"][metric] for seed in experiment.healthy(backend)]
    scale = experiment.dataset.info["scaling"]["target"]["scale"][0] if metric in ("rmse", "mae") else 1.0
    return np.array([np.nan if value is None else value for value in measured]) * scale


def shown(mean: float | np.ndarray, half: float | np.ndarray, metric: str) -> str:
    """Format a metric: errors with three digits, others with three decimals."""
    mean = float(mean)
    if metric not in ("rmse", "mae") or not np.isfinite(mean) or mean == 0:
        return plus_minus(mean, half)
    digits = 2 - int(np.floor(np.log10(abs(mean))))
    return plus_minus(mean, half, max(digits, 0)) if digits < 7 else number(mean)


def table(page: Report, study: Study) -> tuple[pd.DataFrame, str]:
    """Return the test metrics of the baselines and of the models in both backends, and the caption."""
    models = experiments(page)
    metrics = REGRESSION if models[0].dataset.info["class_balance"] is None else CLASSIFICATION
    measured = {
        name: {metric: study[f"{metric}.{kind}"] for metric in metrics}
        for name, kind in ((prior_name(models[0]), "prior"), ("gradient boosting, scikit-learn", "boosting"))
    } | {
        f"{model.title}, {BACKEND_NAMES[backend]}": {metric: values(model, backend, metric) for metric in metrics}
        for model in models
        for backend in model.backends
    }
    rows = [
        {"model": name, **{METRICS.get(m, m): shown(*interval(cells[m]), m) for m in metrics}}
        for name, cells in measured.items()
    ]
    used, trained = map(int, study["rows"])
    seeds = f"mean ± half-width of the 95% interval over {len(models[0].seeds)} seeds"
    caption = f"{models[0].dataset.info['counts']['test']:,} test rows; networks: {seeds}"
    if used < trained:
        caption += f"; gradient boosting was trained on a sample of {used:,} of {trained:,} rows"
    return pd.DataFrame(rows), caption


def headline(page: Report, study: Study) -> str:
    """Return the result in one paragraph of Markdown: the best network on the test split beside both baselines."""
    models = experiments(page)
    best = int(study["best"][0])
    model = models[best]
    metric, info = main_metric(model), model.dataset.info
    name = METRICS.get(metric, metric)
    ours = study[f"{metric}.{('linear', 'mlp')[best]}"]
    positive = (
        f" for {display.plain(model.dataset.names[1])}" if metric == "pr_auc" and info["task"] == "binary" else ""
    )
    boosting, prior = (shown(study[f"{metric}.{kind}"][0], np.nan, metric) for kind in ("boosting", "prior"))
    return (
        f"**{model.title}: {name}{positive} {shown(*interval(ours), metric)}** "
        f"on {info['counts']['test']:,} test rows; gradient boosting {boosting}, "
        f"{display.plain(prior_name(model))} {prior}. {verdict(page, study)}"
    )


def verdict(page: Report, study: Study) -> str:
    """Return whether the best network beats gradient boosting, by the test of the claim."""
    measure = "squared error" if study.dataset.info["class_balance"] is None else "log loss"
    sentences = {
        "SUPPORTED": f"The network beats gradient boosting in {measure}.",
        "CONTRADICTED": f"The network loses to gradient boosting in {measure}.",
        "INCONCLUSIVE": f"The difference to gradient boosting in {measure} is not significant.",
    }
    return " ".join(sentences[row] for row in page.claims("baselines_boosting_*")["verdict"])


def costs(page: Report) -> pd.DataFrame:
    """Return the seconds of training and the peak memory of each model in each backend."""
    rows = []
    for model in experiments(page):
        for backend in model.backends:
            runs = [run for run in model.provenance if run["backend"] == backend]
            rows.append(
                {
                    "model": model.title,
                    "with": BACKEND_NAMES[backend],
                    "epochs": f"{np.mean([run['epochs'] for run in runs]):.0f}",
                    "seconds": number(float(np.mean([run["seconds"]["fit"]["wall"] for run in runs]))),
                    "peak memory (MB)": f"{max(run['peak_memory_bytes'] for run in runs) / 1e6:.0f}",
                }
            )
    return pd.DataFrame(rows)


def folds(page: Report) -> pd.DataFrame | None:
    """Return the metrics of all models over the folds of the cross-validation, None without folds."""
    studies = [study for study in page.studies("baselines") if "_fold" in study.name]
    if not studies:
        return None
    metrics = REGRESSION if f"{REGRESSION[0]}.prior" in studies[0].arrays else CLASSIFICATION
    models = experiments(page)
    names = {"prior": prior_name(models[0]), "boosting": "gradient boosting", "linear": models[0].title,
             "mlp": models[1].title}  # fmt: skip
    rows = []
    for kind, name in names.items():
        cells = {}
        for metric in metrics:
            each = np.array([study[f"{metric}.{kind}"].mean() for study in studies])
            cells[METRICS.get(metric, metric)] = shown(each.mean(), each.std(ddof=1), metric)
        rows.append({"model": name, **cells})
    return pd.DataFrame(rows)
