"""Regularizers compared."""

from __future__ import annotations

import pandas as pd

from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study

REMEDIES = {
    "none": "none",
    "L2": "L2",
    "L1": "L1",
    "dropout": "dropout",
    "label_smoothing": "label smoothing",
    "early_stopping": "early stopping",
}


def draw(study: Study) -> tuple[list[Picture], pd.DataFrame]:
    """Draw the test accuracy and calibration error of each regularizer, and return a table of all measures."""
    accuracy, ece, loss = study.group("accuracy"), study.group("ece"), study.group("loss")
    best = max(accuracy, key=lambda name: accuracy[name].mean())
    calibrated = min(ece, key=lambda name: ece[name].mean())
    rows = [
        {
            "regularizer": REMEDIES[name],
            "strength chosen": f"{strength:g}" if strength else "–",
            "test accuracy": f"{100 * accuracy[name].mean():.1f}%",
            "training − test (points)": signed(f"{100 * study[f'gap.{name}'].mean():.1f}"),
            "log loss": f"{loss[name].mean():.3f}",
            "calibration error": f"{ece[name].mean():.3f}",
            "epochs": f"{study[f'epochs.{name}'].mean():.0f}",
        }
        for name, strength in zip(REMEDIES, study["chosen"])
    ]
    return [
        strips(
            {REMEDIES[name]: values for name, values in accuracy.items()},
            "test accuracy",
            f"Highest test accuracy: {REMEDIES[best]}, {100 * accuracy[best].mean():.1f}%; without regularization "
            f"{100 * accuracy['none'].mean():.1f}%",
        ),
        strips(
            {REMEDIES[name]: values for name, values in ece.items()},
            "test calibration error",
            f"Lowest calibration error: {REMEDIES[calibrated]}, {ece[calibrated].mean():.3f}; without regularization "
            f"{ece['none'].mean():.3f}",
        ),
    ], pd.DataFrame(rows)
