"""One run: read the inputs, train, and write the run folder when everything is known to be well."""

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


@dataclass(frozen=True)
class Inputs:
    """The two splits that a training may see, and what they are."""

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
        """The key of the experiment in the configuration, for messages."""
        return f"experiments.{self.experiment}"


def backend_module(name: str) -> ModuleType:
    """Import a backend by name; the other one is never touched."""
    return importlib.import_module(f"layerwise.experiments.{name}_backend")


def backend_files(run: Path | None) -> dict[str, str]:
    """Return the digests of the model files in a run folder, for the provenance of what starts from them."""
    files = sorted(run.glob("model.*")) if run else []
    return {str(file): sha256(file) for file in files}


def parse_spec(experiment: str, text: str) -> dict[str, Any]:
    """Read an experiment's specification from JSON.

    Raises
    ------
    ValueError
        If it is not JSON, a key is missing, or a number of epochs or examples is not a positive whole number.
    """
    try:
        spec = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"experiments.{experiment}: the specification is not JSON ({error})") from None
    for key in ("model", "loss", "optimizer", "epochs", "batch_size"):
        if key not in spec:
            raise ValueError(f"experiments.{experiment}: the key '{key}' is missing")
    for key in ("epochs", "batch_size"):
        if not isinstance(spec[key], int) or isinstance(spec[key], bool) or spec[key] < 1:
            raise ValueError(f"experiments.{experiment}.{key}: must be a whole number of at least 1, got {spec[key]!r}")
    return spec


def read_inputs(train: Path, validation: Path, dataset: Path) -> Inputs:
    """Read and check the training and validation splits of a dataset.

    Raises
    ------
    ValueError
        If a file is not the one that ``dataset.json`` describes, or holds what no model can be trained on.
    """
    description = read_json(dataset)
    digests = {}
    for name, path in (("train", train), ("validation", validation)):
        digests[path.name] = sha256(path)
        if digests[path.name] != description.get("splits", {}).get(name, digests[path.name]):
            raise ValueError(f"{path}: sha256 differs from {dataset.name} (truncated?); delete it and rerun")
    splits = [checked(load_split(path), description, path) for path in (train, validation)]
    return Inputs(splits[0], splits[1], description, digests | {dataset.name: sha256(dataset)})


def checked(split: Split, dataset: Mapping[str, Any], path: Path) -> Split:
    """Return a split unchanged, if it fits its description.

    Raises
    ------
    ValueError
        Naming the file, what it holds and what is accepted.
    """
    x, y = split
    shape = tuple(dataset["shape"])
    if x.shape[1:] != shape:
        raise ValueError(f"{path}: x has examples of shape {x.shape[1:]}, but the dataset's are {shape}")
    if not len(x) or len(x) != len(y):
        raise ValueError(f"{path}: x and y need the same number of examples, at least one; got {len(x)} and {len(y)}")
    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            first = np.argwhere(~np.isfinite(array))[0].tolist()
            raise ValueError(
                f"{path}: {name} holds NaN or infinity, first at {first}; only finite numbers are accepted"
            )
    if dataset["task"] != "regression":
        classes = dataset["classes"]
        if y.dtype.kind not in "iu" or y.ndim != 1:
            raise ValueError(f"{path}: y must hold one whole number an example, got {y.dtype} of shape {y.shape}")
        if y.min() < 0 or y.max() >= classes:
            raise ValueError(f"{path}: labels must lie in [0, {classes}), got {y.min()} to {y.max()}")
    return x, y


def outputs(dataset: Mapping[str, Any], y: np.ndarray) -> int:
    """Return what ``classes`` stands for: 1 for two classes, the number of classes, or the width of the target."""
    if dataset["task"] == "multiclass":
        return int(dataset["classes"])
    return math.prod(y.shape[1:])


def targets(y: np.ndarray, dataset: Mapping[str, Any], loss: Mapping[str, Any]) -> np.ndarray:
    """Return the targets as a loss takes them: class indices, one-hot rows, or rows as wide as the model's output.

    Of several classes, only the losses named ``Sparse…`` take indices.
    """
    if dataset["task"] == "multiclass":
        one_hot = not loss["name"].startswith("Sparse")
        return np.eye(dataset["classes"], dtype=np.float32)[y] if one_hot else y
    return y.reshape(len(y), -1).astype(np.float32)


def completed(job: Job) -> Job:
    """Return a job whose specification has what only the dataset tells: the size of the vocabulary and the loss."""
    dataset = job.inputs.dataset
    spec = models.with_vocabulary(job.spec, len(dataset.get("vocabulary", [])))
    return replace(job, spec=models.with_loss_for(spec, dataset["task"]))


def identity(job: Job, seed: int, start: Path | None = None) -> dict[str, Any]:
    """Return all that decides a run; two runs with the same identity have the same files."""
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
    """Tell whether a run folder holds this run, whole and unchanged, so that it need not be trained again.

    ``LAYERWISE_RETRAIN=1``, which the workflow sets when Snakemake is told to force jobs, answers no.
    """
    if os.environ.get("LAYERWISE_RETRAIN") or not (output / "provenance.json").exists():
        return False
    provenance = read_json(output / "provenance.json")
    unchanged = all(provenance.get(key) == value for key, value in identity(job, seed, start).items())
    return unchanged and digests(output, provenance.get("files", ())) == provenance.get("files")


def train_seeds(job: Job, seeds: Iterable[int], folder: Path, start: Path | None = None) -> dict[str, Any]:
    """Train with each seed into ``seed-<n>`` of a folder, keeping the runs that are there and current.

    ``start`` is the folder of the experiment to start from, if there is one. Returns the digests of the files of each
    run.
    """
    files = {}
    for seed in seeds:
        output, begin = folder / f"seed-{seed}", start / f"seed-{seed}" if start else None
        if is_current(job, seed, output, begin):
            print(f"{job.experiment} in {job.backend}, seed {seed}: kept", flush=True)
        else:
            train(job, seed, output, begin)
        files[str(output)] = read_json(output / "provenance.json")["files"]
    return files


def train(job: Job, seed: int, output: Path, start: Path | None = None) -> None:
    """Train with one seed and write the run folder; provenance comes last, so a folder that has it is whole.

    ``start`` is the run folder, of the same backend and seed, of the experiment to start from, if there is one.

    Raises
    ------
    ValueError
        If the specification does not build or does not fit the data.
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
            f"{job.where}.model: its output has shape {tuple(model.output_shape[1:])}, but '{dataset['name']}' needs "
            f"({width},); end with {{layer: Dense, units: classes}}"
        )
    pairs = [(a, targets(b, dataset, job.spec["loss"])) for a, b in (inputs.train, inputs.validation)]
    parameters = int(model.count_params())
    print(f"{job.experiment} in {job.backend}, seed {seed}: {len(x)} examples, {parameters} parameters", flush=True)
    fitting = provenance.Clock()
    with cli.work():
        try:
            rows = backend.fit(model, job.spec, *pairs)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{job.where}: {str(error).strip().splitlines()[0]}") from error
    fit_seconds = fitting.seconds()
    if (epoch := history.diverged_at(rows)) is not None:
        print(f"diverged in epoch {epoch}: the loss is not finite", flush=True)

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
