"""Predictions of a model on the test rows of a user's table: its mistakes, confusions, classes and thresholds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.data import columns
from layerwise.evaluation import metrics
from layerwise.evaluation.metrics import class_probabilities
from layerwise.numbers import number
from layerwise.pipeline.files import read_npz
from layerwise.reporting.artifacts import Experiment

MOST_CLASSES = 20  # of a confusion matrix that can be read


def _cells(experiment: Experiment, rows: np.ndarray, chosen: list[str]) -> dict[str, list[str]]:
    """Return the values of some columns of test rows, as in the file up to rounding."""
    info = experiment.dataset.info
    x = experiment.dataset.split("test")[0][rows]
    cells, place = {}, 0
    for column in info.get("columns", []):
        width = len(columns.names(column))
        part, place = x[:, place : place + width], place + width
        if column["name"] not in chosen:
            continue
        if column["kind"] == "category":
            levels = [*column["levels"], *["other"] * column["other"]]
            found = [levels[int(row.argmax())] if row.any() else "other" for row in part]
            cells[column["name"]] = ["missing" if level is None else level for level in found]
        else:
            values = part[:, 0].astype(float) * column["scale"] + column["mean"]
            cells[column["name"]] = [
                "missing" if column["indicator"] and row[1] else _cell(column, value)
                for row, value in zip(part, values)
            ]
    return cells


def _cell(column: dict, value: float) -> str:
    if column["kind"] == "date":
        return str(np.datetime64("1970-01-01") + np.timedelta64(round(value), "D"))
    if column["kind"] == "boolean":
        return str(value > 0.5).lower()
    return number(round(value, 6))


def _rows(experiment: Experiment) -> np.ndarray:
    """Return the row of each test example in the user's file, counted from 1 below the header."""
    arrays = read_npz(experiment.dataset.folder / "test.npz")
    return arrays.get("row", np.arange(1, len(arrays["y"]) + 1))


def mistakes(experiment: Experiment, chosen: list[str], count: int = 10) -> pd.DataFrame:
    """Return the most confident mistakes, or the largest errors of a regression, of the first NumPy run."""
    y, p = experiment.dataset.split("test")[1], experiment.predictions("numpy")
    places = _rows(experiment)
    if experiment.dataset.info["classes"] is None:
        truth, predicted = (experiment.dataset.unscaled(v.reshape(len(v), -1)[:, 0]) for v in (y, p))
        order = np.argsort(-np.abs(predicted - truth), kind="stable")[:count]
        outcome = {
            "true": [number(v) for v in truth[order]],
            "predicted": [number(v) for v in predicted[order]],
            "error": [number(v) for v in (predicted - truth)[order]],
        }
    else:
        p, names = class_probabilities(p), experiment.dataset.names
        predicted = p.argmax(axis=1)
        wrong = np.flatnonzero(predicted != y)
        order = wrong[np.argsort(-p[wrong].max(axis=1), kind="stable")[:count]]
        outcome = {
            "true class": [names[y[i]] for i in order],
            "predicted": [names[predicted[i]] for i in order],
            "probability": [f"{100 * p[i].max():.1f}%" for i in order],
        }
    return pd.DataFrame({"row of the file": places[order], **outcome, **_cells(experiment, order, chosen)})


def confusions(experiment: Experiment, count: int = 15) -> pd.DataFrame:
    """Return the most common confusions of more classes than fit into a matrix."""
    matrix, names = experiment.confusion("numpy"), experiment.dataset.names
    off = matrix * (1 - np.eye(len(matrix), dtype=int))
    order = np.argsort(-off, axis=None, kind="stable")[:count]
    pairs = [divmod(int(place), len(matrix)) for place in order if off.flat[place]]
    return pd.DataFrame(
        {
            "true class": [names[a] for a, _ in pairs],
            "predicted": [names[b] for _, b in pairs],
            "share of the class": [f"{100 * matrix[a, b] / matrix[a].sum():.1f}%" for a, b in pairs],
            "test rows": [matrix[a].sum() // len(experiment.healthy("numpy")) for a, _ in pairs],
        }
    )


def classes(experiment: Experiment, count: int = 20) -> tuple[pd.DataFrame, str]:
    """Return precision, recall, F1 and PR-AUC of each class, the lowest F1 first, and the caption."""
    scores = experiment.scores("numpy")
    names = sorted(scores, key=lambda name: scores[name]["f1"])[:count]
    rows = [
        {
            "class": name,
            "test rows": scores[name]["support"],
            "precision": f"{scores[name]['precision']:.3f}",
            "recall": f"{scores[name]['recall']:.3f}",
            "F1": f"{scores[name]['f1']:.3f}",
            "PR-AUC": "–" if scores[name]["pr_auc"] is None else f"{scores[name]['pr_auc']:.3f}",
            "PR-AUC of guessing": f"{scores[name]['support'] / sum(s['support'] for s in scores.values()):.3f}",
        }
        for name in names
    ]
    which = f"the {count} of {len(scores)} classes with the lowest F1" if len(scores) > count else "lowest F1 first"
    return pd.DataFrame(rows), f"{experiment.title}, one NumPy run, test split; {which}"


def thresholds(experiment: Experiment) -> pd.DataFrame:
    """Return the test metrics of decision thresholds chosen on the validation split, mean over the NumPy runs."""
    rows = []
    for name, criterion in (("0.5", None), ("highest F1", f1), ("highest balanced accuracy", balanced_accuracy)):
        measured = []
        for seed in experiment.healthy("numpy"):
            threshold = 0.5
            if criterion:
                y = experiment.dataset.split("validation")[1]
                threshold = best_threshold(y, experiment.predictions("numpy", "validation", seed), criterion)
            y, p = experiment.dataset.split("test")[1], experiment.predictions("numpy", "test", seed)
            hits, alarms, positives = counts(y, p >= threshold)
            measured.append(
                [threshold, hits / max(alarms, 1), hits / positives, f1(hits, alarms, positives, len(y)),
                 balanced_accuracy(hits, alarms, positives, len(y))]
            )  # fmt: skip
        means = np.mean(measured, axis=0)
        cells = zip(("threshold", "precision", "recall", "F1", "balanced accuracy"), means)
        rows.append({"chosen for": name, **{column: f"{value:.3f}" for column, value in cells}})
    return pd.DataFrame(rows)


def counts(y: np.ndarray, alarm: np.ndarray) -> tuple[int, int, int]:
    """Return the numbers of true positives, of predicted positives and of positives."""
    return int(np.sum(alarm & (y == 1))), int(alarm.sum()), int(np.sum(y == 1))


def f1(hits, alarms, positives, n):
    """Return F1 from counts, numbers or arrays."""
    return 2 * hits / np.maximum(alarms + positives, 1)


def balanced_accuracy(hits, alarms, positives, n):
    """Return the mean of sensitivity and specificity from counts, numbers or arrays."""
    return (hits / positives + 1 - (alarms - hits) / (n - positives)) / 2


def best_threshold(y: np.ndarray, p: np.ndarray, criterion) -> float:
    """Return the threshold between two scores at which a criterion of `f1`'s form is highest, the first if several."""
    false, true = metrics.ranked_counts(y == 1, p)
    scores = np.unique(p)[::-1]  # predicting the positive class from scores[k] on gives the counts at k + 1
    k = int(np.argmax(criterion(true, true + false, true[-1], len(y))[1:]))
    below = scores[k + 1] if k + 1 < len(scores) else scores[k]
    return float((scores[k] + below) / 2)
