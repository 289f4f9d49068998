"""Figures and tables shared by several reports, each drawn from the artifacts of one experiment or report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from layerwise import plots
from layerwise.evaluation.metrics import class_probabilities
from layerwise.plots import Picture
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting.artifacts import Dataset, Experiment, Report


def datasets(report: Report) -> pd.DataFrame:
    """Return a table of the report's datasets: shape of an example, sizes of the splits and classes."""
    rows = []
    for dataset in report.datasets.values():
        info = dataset.info
        counts, balance = info["counts"], info["class_balance"]
        rows.append(
            {
                "dataset": info["title"],
                "input": _shape(info),
                "training": counts["train"],
                "validation": counts["validation"],
                "test": counts["test"],
                "classes": info["classes"] or "–",
                "largest class": f"{100 * max(balance['test']) / counts['test']:.1f}%" if balance else "–",
            }
        )
    return pd.DataFrame(rows)


def licenses(report: Report) -> pd.DataFrame:
    """Return a table of the sources and licenses of the report's datasets."""
    infos = [dataset.info for dataset in report.datasets.values()]
    return pd.DataFrame(
        [{"dataset": info["title"], "source": info["citation"], "license": info["licence"]} for info in infos]
    )


def _shape(info: dict[str, Any]) -> str:
    shape = " × ".join(map(str, info["shape"]))
    return {
        "image": f"{shape} pixels",
        "text": f"{shape} words",
        "series": f"{shape} values",
        "table": f"{shape} features",
    }[info["kind"]]


def look(dataset: Dataset, split: str = "train") -> Picture:
    """Draw a dataset: its points if it has two features, its first two principal components, or example images."""
    x, y = dataset.split(split)
    if dataset.is_image:
        name = "training" if split == "train" else split
        chosen = [i for k in range(len(dataset.names)) for i in np.flatnonzero(y == k)[:2]]
        chosen = chosen[:20:2] + chosen[1:20:2]
        return plots.image_grid(
            x[chosen],
            [dataset.names[y[i]] for i in chosen],
            columns=min(10, len(chosen) // 2),
            title=f"{len(x)} {name} images of {x.shape[1]} × {x.shape[2]} pixels; two of each class",
            alt="Examples with their classes:",
        )
    if x.shape[1] == 2:
        return plots.scatter(x, y, dataset.names)
    points, shares = plots.principal_components(x)
    labels = (f"1st component ({100 * shares[0]:.0f}% of variance)", f"2nd component ({100 * shares[1]:.0f}%)")
    title = f"Two principal components explain {100 * shares.sum():.0f}% of the variance of {x.shape[1]} features"
    return plots.scatter(points, y, dataset.names, labels, title)


def learning(experiment: Experiment) -> list[Picture]:
    """Draw the loss and, for classifiers, the accuracy over the epochs, for both backends."""
    metrics = [metric for metric in ("loss", "accuracy") if metric in experiment.histories]
    label = None if "accuracy" in metrics else "mean squared error (scaled)"
    return [plots.learning_curves(experiment.histories, metric, label) for metric in metrics]


def boundary(experiment: Experiment, name: str | None = None, split: str = "test") -> Picture:
    """Draw the decision regions of the first NumPy run, with a split of two features."""
    x, y = experiment.dataset.split(split)
    return plots.decision_boundary(experiment.predict, x, y, experiment.dataset.names, name or experiment.title)


def confusion(experiment: Experiment) -> list[Picture]:
    """Draw the confusion matrix of each backend, summed over seeds."""
    pictures = []
    for backend in experiment.backends:
        picture = plots.confusion_matrix(experiment.confusion(backend), experiment.dataset.names)
        pictures.append(picture.says(f"{BACKEND_NAMES[backend]}. {picture.title}", picture.alt))
    return pictures


def ranking(experiment: Experiment, backend: str = "numpy") -> list[Picture]:
    """Draw the ROC and precision–recall curves of one run on the test split."""
    _, y = experiment.dataset.split("test")
    p = experiment.predictions(backend)
    return [draw(y, p, experiment.dataset.names) for draw in (plots.roc_curves, plots.precision_recall)]


def calibration(experiment: Experiment) -> list[Picture]:
    """Draw the reliability diagram of the first run of each backend on the test split."""
    _, y = experiment.dataset.split("test")
    pictures = []
    for backend in experiment.backends:
        picture = plots.reliability(y, experiment.predictions(backend))
        pictures.append(picture.says(f"{BACKEND_NAMES[backend]}. {picture.title}", picture.alt))
    return pictures


def mistakes(experiment: Experiment, count: int = 15) -> list[Picture]:
    """Draw the most confident mistakes of the first run of each backend on the test images."""
    x, y = experiment.dataset.split("test")
    pictures = []
    for backend in experiment.backends:
        p = experiment.predictions(backend)
        picture = plots.mistakes_gallery(x, y, p, experiment.dataset.names, count)
        pictures.append(picture.says(f"{BACKEND_NAMES[backend]}. {picture.title}", picture.alt))
    return pictures


def common_epochs(experiment: Experiment, tolerance: float = 0.01) -> tuple[int, int]:
    """Return for how many epochs the training losses of the first runs agree to a relative tolerance, of how many."""
    histories = experiment.histories
    ours, theirs = (
        histories[(histories["backend"] == backend) & (histories["seed"] == 0)]["loss"].to_numpy()
        for backend in ("numpy", "keras")
    )
    epochs = min(len(ours), len(theirs))
    apart = ~(np.abs(ours[:epochs] - theirs[:epochs]) <= tolerance * np.abs(theirs[:epochs]))
    return (int(np.argmax(apart)) if apart.any() else epochs), epochs


def agreement(report: Report) -> pd.DataFrame:
    """Return, for each experiment trained in both backends, how long and how often their first runs agree.

    Both start from the same weights and see the same batches; rounding and dropout masks part them.
    """
    rows = []
    for experiment in report:
        if set(experiment.backends) < {"numpy", "keras"} or experiment.dataset.info["classes"] is None:
            continue
        _, y = experiment.dataset.split("test")
        ours, theirs = (
            class_probabilities(experiment.predictions(backend)).argmax(axis=1) for backend in ("numpy", "keras")
        )
        rows.append(
            {
                "experiment": experiment.title,
                "training loss within 1%": "{} of {} epochs".format(*common_epochs(experiment)),
                "test examples": len(y),
                "same prediction": f"{100 * np.mean(ours == theirs):.1f}%",
                "only NumPy correct": int(np.sum((ours == y) & (theirs != y))),
                "only Keras correct": int(np.sum((ours != y) & (theirs == y))),
                "both wrong": int(np.sum((ours != y) & (theirs != y))),
            }
        )
    return pd.DataFrame(rows)
