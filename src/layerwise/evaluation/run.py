"""Evaluation of runs: predictions, metrics and intervals."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.data.splits import load_split
from layerwise.evaluation import bootstrap, metrics, outcomes
from layerwise.experiments.run import backend_module, checked
from layerwise.pipeline import cli
from layerwise.pipeline.files import digests, read_json, read_npz, write_json, write_npz, write_text

SPLITS = ("train", "validation", "test")
OUTPUTS = ("metrics.json", "predictions.npz")
MOST_DRAWS = 30_000_000  # of the bootstrap: of more than 30,000 test examples, there are fewer than 1,000 resamples


def evaluate(runs: Mapping[str, Mapping[str, Any]], resamples: int) -> dict[str, Any]:
    """Write ``predictions.npz`` and ``metrics.json`` into each run folder, keeping files that are up to date.

    Parameters
    ----------
    runs : mapping
        ``results/runs/<experiment>/<backend>`` → ``seeds``, the number of its run folders ``seed-<n>``; ``dataset``,
        the folder of the prepared dataset, including the test split, which no earlier step reads; ``code``, the digest
        of the evaluation code.
    resamples : int
        Number of bootstrap resamples for the intervals of the test split.

    Returns
    -------
    dict
        Run folder → the digests of the two files.
    """
    files = {}
    for folder, job in sorted(runs.items(), key=lambda item: item[1]["dataset"]):
        dataset = load_dataset(Path(job["dataset"]))
        for seed in range(job["seeds"]):
            run = Path(folder, f"seed-{seed}")
            files[str(run)] = _evaluate(run, dataset, resamples, job["code"])
    return files


@dataclass(frozen=True)
class Dataset:
    """A prepared dataset: the contents of ``dataset.json``, and the examples and targets of each split.

    ``rows`` are the rows of the test examples in a user's table, None for other datasets.
    """

    description: Mapping[str, Any]
    splits: Mapping[str, tuple[np.ndarray, np.ndarray]]
    rows: np.ndarray | None = None


@lru_cache(maxsize=1)  # runs are evaluated dataset by dataset
def load_dataset(folder: Path) -> Dataset:
    """Read and check all splits of a prepared dataset."""
    description = read_json(folder / "dataset.json")
    paths = {name: folder / f"{name}.npz" for name in SPLITS}
    splits = {name: checked(load_split(path), description, path) for name, path in paths.items()}
    rows = read_npz(folder / "test.npz").get("row") if "columns" in description else None
    return Dataset(description, splits, rows)


def _evaluate(folder: Path, dataset: Dataset, resamples: int, code: str) -> dict[str, Any]:
    """Evaluate one run unless its evaluation is up to date, and record its inputs in ``evaluation.json``."""
    provenance, record = read_json(folder / "provenance.json"), folder / "evaluation.json"
    outputs = OUTPUTS if dataset.rows is None else (*OUTPUTS, "predictions.csv")
    inputs = {
        "run": provenance["files"],
        "splits": dict(dataset.description["splits"]),
        "resamples": resamples,
        "code": code,
    }
    if record.exists() and not os.environ.get("LAYERWISE_RETRAIN"):
        recorded = read_json(record)
        if {key: recorded.get(key) for key in inputs} == inputs and digests(folder, outputs) == recorded["files"]:
            return recorded["files"]
    if digests(folder, provenance["files"]) != provenance["files"]:
        raise ValueError(f"{folder}: files differ from provenance.json; delete the folder and rerun")
    record.unlink(missing_ok=True)
    description, epoch = dataset.description, provenance["diverged"]
    with cli.work():
        predictions = {} if epoch else _predict(folder, provenance, description["task"], dataset.splits)
        measures = {
            name: _measure(dataset.splits[name][1], p, description, resamples if name == "test" else 0)
            for name, p in predictions.items()
        }
    stored = {name: predictions.get(name, np.empty(0)).astype(np.float32) for name in SPLITS}
    write_npz(folder / "predictions.npz", **stored)
    write_json(
        folder / "metrics.json",
        {
            "experiment": provenance["experiment"],
            "backend": provenance["backend"],
            "seed": provenance["seed"],
            "dataset": description["name"],
            "status": "diverged" if epoch else "ok",
            "epoch": epoch,
            "splits": measures,
        },
    )
    if dataset.rows is not None:
        write_text(folder / "predictions.csv", _table(dataset, predictions.get("test")))
    files = digests(folder, outputs)
    write_json(record, {**inputs, "files": files})
    print(f"{folder}: {_headline(measures) if measures else f'diverged in epoch {epoch}'}", flush=True)
    return files


def probabilities(outputs: np.ndarray, task: str, from_logits: bool) -> np.ndarray:
    """Convert a model's outputs ``(n, width)`` to probabilities or regression values in float64.

    Returns probabilities ``(n, classes)``, for two classes those of the second ``(n,)``, or the values of a regression
    ``(n, width)``. Outputs that are not logits and do not sum to 1, such as independent sigmoids, are normalized.
    """
    outputs = outputs.astype(np.float64)
    if task == "multiclass":
        if from_logits:
            outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return outputs / outputs.sum(axis=1, keepdims=True)
    if task == "regression":
        return outputs
    return (0.5 * (1 + np.tanh(0.5 * outputs)) if from_logits else outputs)[:, 0]  # the logistic function


def _predict(
    folder: Path, provenance: Mapping[str, Any], task: str, splits: Mapping[str, tuple]
) -> dict[str, np.ndarray]:
    backend = backend_module(provenance["backend"])
    model = backend.load(folder)
    logits = bool(provenance["spec"]["loss"].get("from_logits", False))
    predictions = {}
    for name, (x, y) in splits.items():
        p = probabilities(backend.predict(model, x), task, logits)
        if not np.isfinite(p).all():
            raise ValueError(
                f"{folder}: predictions must be finite, got NaN or infinity on the {name} split; "
                "delete the folder and rerun"
            )
        predictions[name] = p.reshape(y.shape) if task == "regression" else p
    return predictions


def _measure(y: np.ndarray, p: np.ndarray, dataset: Mapping[str, Any], resamples: int) -> dict[str, Any]:
    """Compute the metrics of a split and, with ``resamples``, the intervals and the misclassified examples."""
    if resamples:
        resamples = min(resamples, max(100, MOST_DRAWS // len(y)))
    if dataset["task"] == "regression":
        measures: dict[str, Any] = metrics.regression(y, p)
        return measures | ({"intervals": bootstrap.regression(y, p, resamples)} if resamples else {})
    measures = metrics.classification(y, p, dataset["class_names"])
    if resamples:
        measures["intervals"] = bootstrap.classification(y, p, resamples)
        measures["mistakes"] = np.flatnonzero(metrics.class_probabilities(p).argmax(axis=1) != y).tolist()
    return measures


def _table(dataset: Dataset, p: np.ndarray | None) -> str:
    """Return the predictions for the test rows of a user's table as CSV, the header alone if training diverged."""
    header = ["row", "true", *outcomes.header(dataset.description)]
    if p is None or dataset.rows is None:
        return outcomes.text(header, [])
    y, names = dataset.splits["test"][1], dataset.description["class_names"]
    true = outcomes.unscaled(dataset.description, y).tolist() if names is None else [names[k] for k in y]
    return outcomes.text(header, zip(dataset.rows.tolist(), true, *outcomes.values(dataset.description, p)))


def _headline(measures: Mapping[str, Mapping[str, Any]]) -> str:
    name = "accuracy" if "accuracy" in measures["test"] else "rmse"
    return ", ".join(f"{split} {name} {values[name]:.4f}" for split, values in measures.items())
