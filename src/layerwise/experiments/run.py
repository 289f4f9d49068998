"""A run: read and check the inputs, train, and write the run folder."""

from __future__ import annotations

import importlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from layerwise.data.splits import load_split
from layerwise.experiments import history, models, provenance
from layerwise.pipeline import cli
from layerwise.pipeline.files import digests, read_json, sha256, write_json, write_text

Split = tuple[np.ndarray, np.ndarray]
Batchable = tuple[np.ndarray, ...]  # examples, targets and, with class weights, the weight of each example


@dataclass(frozen=True)
class Inputs:
    """The training and validation splits, the description of their dataset, and the digests of the files."""

    train: Split
    validation: Split
    dataset: Mapping[str, Any]
    digests: Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """An experiment to train in one backend; ``code`` is the digest of the modules that train it."""

    experiment: str
    spec: Mapping[str, Any]
    backend: str
    inputs: Inputs
    code: str = ""

    @property
    def where(self) -> str:
        """Key of the experiment in the configuration, for messages."""
        return f"experiments.{self.experiment}"


def backend_module(name: str) -> ModuleType:
    """Import a backend by name, without importing the other."""
    return importlib.import_module(f"layerwise.experiments.{name}_backend")


def backend_files(run: Path | None) -> dict[str, str]:
    """Return the digests of the model files in a run folder, for the provenance of a run that starts from it."""
    files = sorted(run.glob("model.*")) if run else []
    return {str(file): sha256(file) for file in files}


def parse_spec(experiment: str, text: str) -> dict[str, Any]:
    """Read an experiment's specification from JSON.

    Raises
    ------
    ValueError
        If it is not JSON, a key is missing, or ``epochs`` or ``batch_size`` is not an integer ≥ 1.
    """
    try:
        spec = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"experiments.{experiment}: the specification must be valid JSON ({error})") from None
    for key in ("model", "loss", "optimizer", "epochs", "batch_size"):
        if key not in spec:
            raise ValueError(f"experiments.{experiment}: the key '{key}' is missing")
    for key in ("epochs", "batch_size"):
        if not isinstance(spec[key], int) or isinstance(spec[key], bool) or spec[key] < 1:
            raise ValueError(f"experiments.{experiment}.{key}: must be an integer ≥ 1, got {spec[key]!r}")
    return spec


def read_inputs(train: Path, validation: Path, dataset: Path) -> Inputs:
    """Read and check the training and validation splits of a dataset.

    Raises
    ------
    ValueError
        If a file differs from its digest in ``dataset.json``, or its arrays are invalid.
    """
    description = read_json(dataset)
    splits = [checked(load_split(path), description, path) for path in (train, validation)]
    digests = {path.name: sha256(path) for path in (train, validation, dataset)}
    return Inputs(splits[0], splits[1], description, digests)


def checked(split: Split, dataset: Mapping[str, Any], path: Path) -> Split:
    """Return a split unchanged after checking it against the description of its dataset.

    Raises
    ------
    ValueError
        If shapes, values or labels are invalid. The message names the file.
    """
    x, y = split
    shape = tuple(dataset["shape"])
    if x.shape[1:] != shape:
        raise ValueError(f"{path}: x must have examples of shape {shape}, got {x.shape[1:]}")
    if not len(x) or len(x) != len(y):
        raise ValueError(
            f"{path}: x and y must have the same number of examples, at least 1, got {len(x)} and {len(y)}"
        )
    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            first = np.argwhere(~np.isfinite(array))[0].tolist()
            raise ValueError(f"{path}: {name} must be finite, got NaN or infinity first at {first}")
    if dataset["task"] != "regression":
        classes = dataset["classes"]
        if y.dtype.kind not in "iu" or y.ndim != 1:
            raise ValueError(f"{path}: y must hold one integer per example, got {y.dtype} of shape {y.shape}")
        if y.min() < 0 or y.max() >= classes:
            raise ValueError(f"{path}: labels must lie in [0, {classes}), got {y.min()} to {y.max()}")
    return x, y


def outputs(dataset: Mapping[str, Any], y: np.ndarray) -> int:
    """Return the value of ``classes``: 1 for two classes, the number of classes, or the width of the target."""
    if dataset["task"] == "multiclass":
        return int(dataset["classes"])
    return math.prod(y.shape[1:])


def targets(y: np.ndarray, dataset: Mapping[str, Any], loss: Mapping[str, Any]) -> np.ndarray:
    """Return the targets in the format of a loss: class indices, one-hot rows, or float rows ``(n, width)``.

    For several classes, losses named ``Sparse…`` take indices and others one-hot rows.
    """
    if dataset["task"] == "multiclass":
        one_hot = not loss["name"].startswith("Sparse")
        return np.eye(dataset["classes"], dtype=np.float32)[y] if one_hot else y
    return y.reshape(len(y), -1).astype(np.float32)


def balanced_weights(y: np.ndarray, classes: int) -> np.ndarray:
    """Return the weight of each class ``(classes,)``, inversely proportional to its frequency; their mean over y is 1.

    These are the weights of ``class_weight="balanced"`` in scikit-learn (King & Zeng 2001).
    """
    return (len(y) / (classes * np.maximum(np.bincount(y, minlength=classes), 1))).astype(np.float32)


def training_arrays(inputs: Inputs, spec: Mapping[str, Any], where: str) -> list[Batchable]:
    """Return the training and the validation split as arrays to fit on.

    With ``class_weight: balanced`` each example has the weight of its class in the training split; early stopping then
    compares weighted validation losses.
    """
    dataset = inputs.dataset
    arrays: list[Batchable] = [(x, targets(y, dataset, spec["loss"])) for x, y in (inputs.train, inputs.validation)]
    if spec.get("class_weight", "none") == "none":
        return arrays
    if dataset["task"] == "regression":
        raise ValueError(f"{where}.class_weight: must not be set for a regression, got {spec['class_weight']!r}")
    weights = balanced_weights(inputs.train[1], dataset["classes"])
    return [(*pair, weights[y]) for pair, (_, y) in zip(arrays, (inputs.train, inputs.validation))]


def completed(job: Job) -> Job:
    """Return the job with the vocabulary size and the loss filled in from its dataset."""
    dataset = job.inputs.dataset
    spec = models.with_vocabulary(job.spec, len(dataset.get("vocabulary", [])))
    return replace(job, spec=models.with_loss_for(spec, dataset["task"]))


def identity(job: Job, seed: int, start: Path | None = None) -> dict[str, Any]:
    """Return everything that determines a run; runs with the same identity have the same files."""
    return {
        "experiment": job.experiment,
        "backend": job.backend,
        "seed": seed,
        "spec": completed(job).spec,
        "dataset": job.inputs.dataset["name"],
        "inputs": {**job.inputs.digests, **backend_files(start)},
        "code": job.code,
    }


def is_current(job: Job, seed: int, output: Path, start: Path | None = None) -> bool:
    """Return whether a run folder contains this run, complete and unchanged, so that it need not be retrained.

    ``LAYERWISE_RETRAIN=1``, which the workflow sets if Snakemake is to force jobs, makes the answer False.
    """
    if os.environ.get("LAYERWISE_RETRAIN") or not (output / "provenance.json").exists():
        return False
    provenance = read_json(output / "provenance.json")
    unchanged = all(provenance.get(key) == value for key, value in identity(job, seed, start).items())
    return unchanged and digests(output, provenance.get("files", ())) == provenance.get("files")


def train_seeds(job: Job, seeds: Iterable[int], folder: Path, start: Path | None = None) -> dict[str, Any]:
    """Train with each seed into ``folder/seed-<n>``, keeping runs that are up to date.

    ``start`` is the folder of the experiment to start from, if any. Returns the digests of the files of each run.
    """
    files = {}
    for seed in seeds:
        output, initial = folder / f"seed-{seed}", start / f"seed-{seed}" if start else None
        if is_current(job, seed, output, initial):
            print(f"{job.experiment} in {job.backend}, seed {seed}: kept", flush=True)
        else:
            train(job, seed, output, initial)
        files[str(output)] = read_json(output / "provenance.json")["files"]
    return files


def train(job: Job, seed: int, output: Path, start: Path | None = None) -> None:
    """Train with one seed and write the run folder, ``provenance.json`` last, so that its presence means completeness.

    ``start`` is the run folder, in the same backend and with the same seed, of the experiment to start from, if any.

    Raises
    ------
    ValueError
        If the specification is invalid or does not fit the data.
    """
    total = provenance.Clock()
    (output / "provenance.json").unlink(missing_ok=True)
    job = completed(job)
    backend, inputs = backend_module(job.backend), job.inputs
    dataset = inputs.dataset
    x, y = inputs.train
    width, metric = outputs(dataset, y), "mae" if dataset["task"] == "regression" else "accuracy"
    model = backend.build(job.spec, x.shape[1:], width, metric, seed, job.where, start)
    if tuple(model.output_shape[1:]) != (width,):
        raise ValueError(
            f"{job.where}.model: output must have shape ({width},) for the dataset '{dataset['name']}', "
            f"got {tuple(model.output_shape[1:])}; end with {{layer: Dense, units: classes}}"
        )
    arrays = training_arrays(inputs, job.spec, job.where)
    parameters = int(model.count_params())
    print(f"{job.experiment} in {job.backend}, seed {seed}: {len(x)} examples, {parameters} parameters", flush=True)
    fitting = provenance.Clock()
    with cli.work():
        try:
            rows = backend.fit(model, job.spec, *arrays)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{job.where}: {str(error).strip().splitlines()[0]}") from error
    fit_seconds = fitting.seconds()
    if (epoch := history.diverged_at(rows)) is not None:
        print(f"diverged in epoch {epoch}: loss is not finite", flush=True)

    backend.save(model, output)
    write_text(output / "history.csv", history.text(rows))
    write_json(
        output / "provenance.json",
        {
            **identity(job, seed, start),
            "files": digests(output, sorted({path.name for path in output.glob("model.*")} | {"history.csv"})),
            "parameters": parameters,
            "epochs": len(rows),
            "diverged": epoch,
            "seconds": {"total": total.seconds(), "fit": fit_seconds},
            **provenance.environment(backend.versions()),
        },
    )
