"""Learning-rate schedules of a deep network."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.descent_comparison import SCHEDULE_NAMES


def draw(study: Study) -> list[Picture]:
    """Draw the schedules, and the training loss and validation accuracy with each."""
    rates, loss, accuracy = study.group("rate"), study.group("train"), study.group("accuracy")
    last = {name: values.mean() for name, values in study.group("last_train").items()}
    end = {name: 100 * values.mean() for name, values in study.group("last_accuracy").items()}
    steps = np.arange(len(rates["constant"]))
    epochs = np.arange(1, loss["constant"].shape[1] + 1)
    low, best = min(last, key=lambda name: last[name]), max(end, key=lambda name: end[name])
    return [
        lines(
            {SCHEDULE_NAMES[name]: (steps, values) for name, values in rates.items()},
            "training step",
            "learning rate",
            f"{len(rates)} schedules over {len(steps)} steps with the same maximum, {rates['constant'][0]:g}",
        ),
        lines(
            {SCHEDULE_NAMES[name]: (epochs, values) for name, values in loss.items()},
            "epoch",
            "training loss (nats per example)",
            f"{SCHEDULE_NAMES[low].capitalize()}: lowest final loss, {last[low]:.4f}; "
            f"constant rate: {last['constant']:.4f}",
            log="y",
        ),
        lines(
            {SCHEDULE_NAMES[name]: (epochs, values) for name, values in accuracy.items()},
            "epoch",
            "validation accuracy",
            f"{SCHEDULE_NAMES[best].capitalize()}: highest final accuracy, {end[best]:.1f}%; constant rate: "
            f"{end['constant']:.1f}%",
            limits=(max(0.6, min(end.values()) / 100 - 0.15), 1.0),
        ),
    ]
