"""Text classification: cross-validation folds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.evaluation.metrics import class_probabilities
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained


def run(data: Data, runs: Mapping[str, Trained]) -> dict[str, np.ndarray]:
    """Return the test accuracy of every fold of a dataset, the mean over its runs, ``accuracy.<backend>`` (folds,)."""
    accuracies: dict[str, list[float]] = {}
    for name, trained in runs.items():
        truth = data[trained.dataset["name"]]["test"][1]
        predicted = [class_probabilities(p).argmax(axis=1) for p in trained.predictions()]
        accuracies.setdefault(f"accuracy.{name.rpartition('/')[2]}", []).append(float(np.mean(predicted == truth)))
    return {name: np.array(values) for name, values in accuracies.items()}
