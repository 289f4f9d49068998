"""Decision threshold and temperature: the predictions of this run for the test split of a binary task."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from layerwise.reporting.artifacts import Dataset, Experiment, Study
from layerwise.reporting.widgets import Widget, encode

MOST_EXAMPLES = 5000  # of the test split, so that a page stays small


def widget(experiments: Iterable[Experiment], calibration: Iterable[Study] = ()) -> Widget | None:
    """Return the widget for the binary tasks among the experiments and the `calibration` studies, or None without one.

    Larger test splits than `MOST_EXAMPLES` are left out. The positive class is the rarer one. Scores are log-odds, from
    which a temperature gives other probabilities.
    """
    sets = [
        _predictions(experiment.title, experiment.dataset, experiment.predictions("numpy"))
        for experiment in experiments
        if _is_small_binary(experiment.dataset) and "numpy" in experiment.backends
    ]
    sets += [
        _predictions(f"{study.dataset.info['title']}, without a penalty", study.dataset, study["probabilities.before"])
        for study in calibration
        if _is_small_binary(study.dataset)
    ]
    if not sets:
        return None
    return Widget(
        "threshold",
        "Decision threshold and temperature",
        "Lower the threshold until no positive case is missed: what does it cost? Then change the temperature: the ROC "
        "curve stays, the calibration changes.",
        {"predictions": sets},
    )


def _is_small_binary(dataset: Dataset) -> bool:
    return dataset.info["classes"] == 2 and dataset.info["counts"]["test"] <= MOST_EXAMPLES


def _predictions(title: str, dataset: Dataset, probabilities: np.ndarray) -> dict:
    _, y = dataset.split("test")
    positive = int(np.argmin(dataset.info["class_balance"]["train"]))
    p = probabilities.astype(float).reshape(len(y), -1)[:, -1]  # of class 1
    p = np.clip(p if positive else 1 - p, 1e-12, 1 - 1e-12)
    return {
        "title": title,
        "classes": [dataset.names[1 - positive], dataset.names[positive]],
        "score": encode(np.log(p / (1 - p))),
        "y": encode((y == positive).astype(np.uint8)),
    }
