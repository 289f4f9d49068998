"""Learning-rate schedules."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.descent_comparison import SCHEDULE_NAMES


def draw(study: Study) -> list[Picture]:
    """Draw the schedules, and the training and validation loss with each."""
    rates = study.group("rate")
    highest = max(values.max() for values in rates.values())
    pictures = [
        lines(
            {SCHEDULE_NAMES[name]: (study["step"], values) for name, values in rates.items()},
            "step",
            "learning rate",
            f"{len(rates)} schedules of {len(study['step'])} steps with the same highest rate, {highest:g}",
            limits=(-0.03 * highest, 2.2 * highest),
            legend="upper right",
        )
    ]
    for split, label in (("train", "training"), ("validation", "validation")):
        final = {name: study[f"{split}.{name}"][:, -1].mean() for name in rates}
        best = min(final, key=lambda name: final[name])
        curves = study.group(split)
        pictures.append(
            lines(
                {SCHEDULE_NAMES[name]: (np.arange(1, values.shape[1] + 1), values) for name, values in curves.items()},
                "epoch",
                f"{label} loss (nats per example)",
                f"Final {label} loss: {SCHEDULE_NAMES[best]} {final[best]:.3g}, constant {final['constant']:.3g}",
                log="y",
            )
        )
    return pictures
