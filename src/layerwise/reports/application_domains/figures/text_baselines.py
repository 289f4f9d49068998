"""Text classification."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import interval
from layerwise.numbers import plus_minus
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Experiment, Report, Study

BASELINES = {
    "majority": "largest class",
    "naive_bayes": "naive Bayes, words",
    "nb_svm": "NB-SVM, words and word pairs",
    "tfidf": "TF-IDF and logistic regression",
}
KINDS = {"Parallel": "cnn", "LSTM": "lstm", "GlobalAveragePooling1D": "mean"}  # the layer that identifies the network


class Row(NamedTuple):
    """A row of the table: key in the names of anchors, model, library, and test measures of the runs."""

    key: str
    model: str
    tool: str
    accuracy: np.ndarray
    f1: np.ndarray


def datasets(page: Report) -> dict[str, list[Experiment]]:
    """Return the text experiments by dataset, with folds such as ``movie_reviews_3`` grouped together."""
    by_dataset: dict[str, list[Experiment]] = {}
    for experiment in page:
        if experiment.dataset.info["kind"] == "text":
            by_dataset.setdefault(_base(experiment.spec["dataset"]), []).append(experiment)
    return by_dataset


def _base(dataset: str) -> str:
    return re.sub(r"_\d+$", "", dataset)


def _study(page: Report, module: str, dataset: str) -> Study | None:
    studies = (study for study in page.studies(module) if _base(study.spec["datasets"][0]) == dataset)
    return next(studies, None)


def rows(page: Report, dataset: str) -> list[Row]:
    """Return a row for every model of one dataset, the baselines first."""
    study = _study(page, "text_baselines", dataset)
    result = []
    if study is not None:
        for key, words in BASELINES.items():
            result.append(Row(key, words, "scikit-learn", study[f"accuracy.{key}"], study[f"f1.{key}"]))
    groups: dict[tuple[str, str], list[Experiment]] = {}
    for experiment in datasets(page)[dataset]:
        layers = [layer["layer"] for layer in experiment.spec["model"]]
        kind = next((name for layer, name in KINDS.items() if layer in layers), experiment.name)
        for backend in experiment.backends:
            groups.setdefault((kind, backend), []).append(experiment)
    for (kind, backend), experiments in groups.items():
        accuracy, f1 = (
            np.array(
                [
                    e.metrics[backend, seed]["splits"]["test"][measure]
                    for e in experiments
                    for seed in e.healthy(backend)
                ]
            )
            for measure in ("accuracy", "f1_macro")
        )
        result.append(Row(kind, experiments[0].title, BACKEND_NAMES[backend], accuracy, f1))
    return result


def table(page: Report, dataset: str) -> tuple[pd.DataFrame, str]:
    """Return a table of one dataset, with the largest class and published accuracies, and its caption."""
    models = rows(page, dataset)
    experiments = datasets(page)[dataset]
    published = experiments[0].spec.get("published", {})
    largest_class = next((f"{row.accuracy.mean():.3f}" for row in models if row.key == "majority"), "–")
    lines = [
        {
            "model": row.model,
            "with": row.tool,
            "test accuracy": _score(row.accuracy),
            "macro F1": _score(row.f1),
            "largest class": largest_class,
            "published": _published(published.get(f"{dataset}_{row.key}")),
        }
        for row in models
    ]
    folds = len({experiment.spec["dataset"] for experiment in experiments})
    times = len(models[0].accuracy)
    seeds = f"over seeds; baselines: over {times} training sets, each without another tenth of the examples"
    over = f"over {folds} folds" if folds > 1 else seeds
    title = experiments[0].dataset.info["title"].rstrip("?")
    return pd.DataFrame(lines), f"{title}: mean ± half-width of the 95% interval {over}. {_winner(models)}"


def _score(values: np.ndarray) -> str:
    return plus_minus(*interval(values)) if len(values) else "diverged"


def _winner(models: list[Row]) -> str:
    """Return a sentence that compares the best baseline with the best network."""
    simple, networks = (
        max(
            (r for r in models if (r.tool == "scikit-learn") is is_simple),
            key=lambda r: r.accuracy.mean(),
            default=None,
        )
        for is_simple in (True, False)
    )
    if simple is None or networks is None:
        return ""
    lead = 100 * float(simple.accuracy.mean() - networks.accuracy.mean())
    better, worse = (simple, networks) if lead > 0 else (networks, simple)
    return f"Best: {better.model}, {abs(lead):.1f} points above {worse.model}."


def _published(anchor: dict[str, Any] | None) -> str:
    return "–" if anchor is None else f"{anchor['value']:.3f}: {anchor['model']} ({anchor['source']})"
