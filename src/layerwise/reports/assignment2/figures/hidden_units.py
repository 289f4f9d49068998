"""Model capacity: number of hidden units, with clean and noisy labels."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import boundaries, lines
from layerwise.reporting.artifacts import Study

SPLITS = {"train": "training", "validation": "validation", "test": "test"}


def draw(clean: Study, noisy: Study) -> list[Picture]:
    """Draw training, validation and test accuracy against the number of hidden units, for clean and noisy labels."""
    pictures = []
    for study, labels in ((clean, "Clean labels"), (noisy, "A fifth of the training labels wrong")):
        series = {SPLITS[split]: study.curve(split) for split in SPLITS}
        units, test = series["test"]
        best = int(np.argmax(test.mean(axis=0)))
        pictures.append(
            lines(
                series,
                "hidden units",
                "accuracy",
                f"{labels}: the test accuracy is highest with {units[best]:g} units, "
                f"{100 * test[:, best].mean():.1f}%, and {100 * test[:, -1].mean():.1f}% with {units[-1]:g}",
                log="x",
                marked=True,
            )
        )
    return pictures


def decision_maps(study: Study, x: np.ndarray, y: np.ndarray, words: str) -> Picture:
    """Draw the decision regions of the first network of each size."""
    regions = study.group("boundary")
    test = study.group("test")
    named = {
        f"{units} unit{'s' if units != '1' else ''}: {100 * test[units][0]:.0f}%": p for units, p in regions.items()
    }
    best = max(regions, key=lambda units: test[units][0])
    accuracy = f"{100 * test[best][0]:.0f}%"
    return boundaries(
        study["grid"], named, x, y, f"{words}: the highest test accuracy is {accuracy}, with {best} hidden units"
    )
