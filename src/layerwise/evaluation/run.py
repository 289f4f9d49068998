"""Evaluating the runs of one experiment in one backend: predictions, measures, intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from layerwise import cli
from layerwise.data.splits import load_split
from layerwise.evaluation import bootstrap, metrics
from layerwise.files import read_json, write_json, write_npz
from layerwise.training import history
from layerwise.training.run import Split, backend_module, checked

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Dataset:
    """A prepared dataset: what it is, and its three splits. Read once, it serves any number of experiments.

    Attributes
    ----------
    description : mapping
        What ``dataset.json`` says.
    splits : mapping of str to (x, y)
        By the names in `SPLITS`.
    """

    description: Mapping[str, Any]
    splits: Mapping[str, Split]

    @classmethod
    def read(cls, folder: Path) -> Dataset:
        """Read and check a prepared dataset. This is where the test split is read for the first time."""
        description = read_json(folder / "dataset.json")
        paths = {name: folder / f"{name}.npz" for name in SPLITS}
        return cls(description, {name: checked(load_split(path), description, path) for name, path in paths.items()})


def evaluate(
    experiment: str, backend: str, spec: Mapping[str, Any], dataset: Dataset, runs: Sequence[Path], resamples: int
) -> None:
    """Write ``predictions.npz`` and ``metrics.json`` into each run folder.

    Parameters
    ----------
    experiment, backend : str
        What was trained; written into the metrics.
    spec : mapping
        The experiment, of which the loss tells whether the model returns logits.
    dataset : Dataset
        What it was trained on.
    runs : sequence of Path
        Run folders, ``…/seed-<n>``.
    resamples : int
        Bootstrap resamples behind the intervals of the test split.
    """
    description, splits = dataset.description, dataset.splits
    module = backend_module(backend)
    for folder in runs:
        epoch = history.diverged_at(history.read(folder / "history.csv"))
        with cli.work():
            predictions = {} if epoch else _predict(module, folder, spec, description["task"], splits)
            measures = {
                name: _measure(splits[name][1], p, description, resamples if name == "test" else 0)
                for name, p in predictions.items()
            }
        stored = {name: predictions.get(name, np.empty(0)).astype(np.float32) for name in SPLITS}
        write_npz(folder / "predictions.npz", **stored)
        write_json(
            folder / "metrics.json",
            {
                "experiment": experiment,
                "backend": backend,
                "seed": int(folder.name.removeprefix("seed-")),
                "dataset": description["name"],
                "status": "diverged" if epoch else "ok",
                "epoch": epoch,
                "splits": measures,
            },
        )
        print(f"{folder}: {_headline(measures) if measures else f'diverged in epoch {epoch}'}", flush=True)


def probabilities(outputs: np.ndarray, task: str, from_logits: bool) -> np.ndarray:
    """Return what a model's outputs ``(n, width)`` say, as float64.

    Probabilities ``(n, classes)``, for two classes those of the second ``(n,)``, or the values of a regression
    ``(n, width)``.
    Outputs that are neither logits nor sum to one, such as independent sigmoids, are divided by their sum.
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
    backend: ModuleType, folder: Path, spec: Mapping[str, Any], task: str, splits: Mapping[str, tuple]
) -> dict[str, np.ndarray]:
    model = backend.load(folder)
    logits = bool(spec["loss"].get("from_logits", False))
    predictions = {}
    for name, (x, y) in splits.items():
        p = probabilities(backend.predict(model, x), task, logits)
        if not np.isfinite(p).all():
            raise ValueError(f"{folder}: predicts NaN or infinity for {name} examples; accepted are finite numbers")
        predictions[name] = p.reshape(y.shape) if task == "regression" else p
    return predictions


def _measure(y: np.ndarray, p: np.ndarray, dataset: Mapping[str, Any], resamples: int) -> dict[str, Any]:
    """Measure one split; with resamples, add the intervals and which examples were mistaken."""
    if dataset["task"] == "regression":
        measures: dict[str, Any] = metrics.regression(y, p)
        return measures | ({"intervals": bootstrap.regression(y, p, resamples)} if resamples else {})
    measures = metrics.classification(y, p, dataset["class_names"])
    if resamples:
        measures["intervals"] = bootstrap.classification(y, p, resamples)
        measures["mistakes"] = np.flatnonzero(metrics.class_probabilities(p).argmax(axis=1) != y).tolist()
    return measures


def _headline(measures: Mapping[str, Mapping[str, Any]]) -> str:
    name = "accuracy" if "accuracy" in measures["test"] else "rmse"
    return ", ".join(f"{split} {name} {values[name]:.4f}" for split, values in measures.items())
