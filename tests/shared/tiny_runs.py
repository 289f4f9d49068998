"""A tiny dataset, and the commands that train on it, each in a process of its own."""

import json
import os
import subprocess
import sys

import numpy as np

from layerwise.experiments import ENVIRONMENT
from layerwise.pipeline.files import sha256, write_json, write_npz

SPEC = {
    "model": [
        {"layer": "Dense", "units": 6, "activation": "relu", "kernel_regularizer": {"name": "L2", "l2": 0.001}},
        {"layer": "Dropout", "rate": 0.1},
        {"layer": "Dense", "units": "classes"},
    ],
    "loss": {"name": "SparseCategoricalCrossentropy", "from_logits": True},
    "optimizer": {"name": "Adam", "learning_rate": {"name": "ExponentialDecay", "initial_learning_rate": 0.05,
                                                    "decay_steps": 4, "decay_rate": 0.9}},
    "batch_size": 16,
    "epochs": 3,
}  # fmt: skip


def write_dataset(folder, task="multiclass", **changes):
    """Write a tiny dataset; ``train_x=function`` changes an array on its way. Return the folder."""
    rng = np.random.default_rng(0)
    centres = 3 * rng.normal(size=(3, 4))
    for name, n in (("train", 60), ("validation", 21), ("test", 30)):
        y = np.arange(n) % (2 if task == "binary" else 3)
        x = (centres[y] + rng.normal(size=(n, 4))).astype(np.float32)
        y = (x @ [[1], [2], [0], [1]]).astype(np.float32) if task == "regression" else y.astype(np.int32)
        split = {"x": x, "y": y}
        write_npz(folder / f"{name}.npz", **{k: changes.get(f"{name}_{k}", np.copy)(a) for k, a in split.items()})
    classes = {"multiclass": 3, "binary": 2, "regression": None}[task]
    names = [f"class {k}" for k in range(classes or 0)]
    digests = {name: sha256(folder / f"{name}.npz") for name in ("train", "validation", "test")}
    description = {"name": "tiny", "task": task, "shape": [4], "classes": classes, "class_names": names}
    write_json(folder / "dataset.json", description | {"splits": digests})
    return folder


def command(module, *arguments, **environment):
    """Run a command of the project, which must choose its threads itself; return the finished process."""
    inherited = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=inherited | environment,
    )


def train(backend, data, runs, spec=SPEC, seeds=(0, 0), experiment="tiny", **environment):
    """Train with the seeds from the first to the last in a process of its own, into folders of ``runs``."""
    return command(
        "layerwise.experiments",
        *(backend, "--experiment", experiment, "--spec", json.dumps(spec), "--seeds", *seeds),
        *("--splits", data / "train.npz", data / "validation.npz", data / "dataset.json"),
        *("--output", runs / f"trained-{seeds[0]}-{seeds[1]}.json"),
        **environment,
    )


def evaluate(data, runs, seeds=1, resamples=50):
    """Evaluate the runs with some seeds in a process of its own."""
    told = {str(runs): {"seeds": seeds, "dataset": str(data), "code": ""}}
    output = runs.parent / "evaluated.json"
    return command(
        "layerwise.evaluation", "run", "--runs", json.dumps(told), "--resamples", resamples, "--output", output
    )
