"""Compare NumPy and Keras over many seeds. Runs of the same seed share initial weights and batches, so they are paired.

    python benchmarks/parity.py --seeds 20      train all runs (CPU minutes) and write benchmarks/parity.md

The series are fetched into a temporary folder: from `LAYERWISE_DATA_MIRROR` if it is set, else from the network.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from published import ROOT, configuration

from layerwise.data import catalogue, download, prepare
from layerwise.data.splits import load_split
from layerwise.evaluation.compare import Estimate, paired_difference, two_way_difference
from layerwise.experiments import ENVIRONMENT, history, run
from layerwise.numbers import signed
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.index import markdown

# Experiment of the full configuration → changes of its dataset and of its training.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "mnist5k_mlp": ({}, {}),
    "ucr_ecg200_fcn": (
        {"train_size": 23, "title": "UCR ECG200, 23 training series"},
        {"batch_size": 16, "epochs": 250},
    ),
    "mnist5k_resnet": ({}, {}),
}


def trained(experiment: str, config: dict[str, Any], seeds: int, folder: Path) -> dict[str, Any]:
    """Train one experiment in both backends with every seed and return a row of the table."""
    changed_data, changed_training = CASES[experiment]
    spec = config["experiments"][experiment] | changed_training
    dataset = config["datasets"][spec["dataset"]] | changed_data
    name, source = catalogue.source_of(dataset)
    if source.origin == "published":
        download.fetch(name, folder)
    data = folder / "data" / experiment
    prepare.prepare(spec["dataset"], dataset, folder, data)
    inputs = run.read_inputs(*(data / file for file in ("train.npz", "validation.npz", "dataset.json")))
    x, y = load_split(data / "test.npz")
    correct, losses, epochs = {}, {}, []
    for backend in BACKEND_NAMES:
        runs = folder / "runs" / experiment / backend
        run.train_seeds(run.Job(experiment, spec, backend, inputs), range(seeds), runs)
        module = run.backend_module(backend)
        folders = [runs / f"seed-{seed}" for seed in range(seeds)]
        correct[backend] = np.array([classes(module.predict(module.load(path), x)) == y for path in folders])
        rows = [history.read(path / "history.csv")[-1] for path in folders]
        losses[backend] = [row["loss"] for row in rows]
        epochs.append(int(rows[0]["epoch"]))
    accuracy = {backend: values.mean() for backend, values in correct.items()}
    return {
        "experiment": f"{spec['title']} ({len(inputs.train[0]):,} training examples)",
        "epochs": max(epochs),
        "seeds": seeds,
        **{f"{BACKEND_NAMES[backend]}": f"{value:.2%}" for backend, value in accuracy.items()},
        "difference (points)": interval(two_way_difference(correct["numpy"], correct["keras"]), 100, 2),
        "difference of training loss": interval(paired_difference(losses["numpy"], losses["keras"]), 1, 4),
    }


def classes(logits: np.ndarray) -> np.ndarray:
    """Return the predicted classes; two classes have a single logit."""
    return logits[:, 0] > 0 if logits.shape[1] == 1 else logits.argmax(axis=1)


def interval(estimate: Estimate, factor: float, digits: int) -> str:
    """Return a difference with its 95% interval as text."""
    mean, low, high = (signed(f"{factor * value:.{digits}f}") for value in (estimate.mean, *estimate.interval()))
    return f"{mean} ({low} to {high})"


def main() -> None:
    """Train all runs and write benchmarks/parity.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    config = configuration()
    with tempfile.TemporaryDirectory() as folder:
        rows = [trained(experiment, config, arguments.seeds, Path(folder)) for experiment in CASES]
    text = (
        "## Parity of NumPy and Keras\n\nTest accuracy; differences are NumPy minus Keras, paired by seed, with 95% "
        "intervals: over seeds and test examples for the accuracy, over seeds for the training loss of the last "
        f"epoch.\n\n{markdown(pd.DataFrame(rows))}"
    )
    (ROOT / "benchmarks/parity.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)
    main()
