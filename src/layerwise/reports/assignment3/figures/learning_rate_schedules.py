"""Learning-rate schedules."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the schedules, and the losses along them."""
    rates = study.group("rate")
    labels = {name: name.replace("_", " ") for name in rates}
    highest = max(values.max() for values in rates.values())
    pictures = [
        lines(
            {labels[name]: (study["step"], values) for name, values in rates.items()},
            "step",
            "learning rate",
            f"{len(rates)} ways to spend {len(study['step'])} steps below the same highest rate, {highest:g}",
            limits=(-0.03 * highest, 2.2 * highest),
            legend="upper right",
        )
    ]
    for split, words in (("train", "training"), ("validation", "validation")):
        last = {name: study[f"{split}.{name}"][:, -1].mean() for name in rates}
        best = min(last, key=lambda name: last[name])
        curves = study.group(split)
        pictures.append(
            lines(
                {labels[name]: (np.arange(1, values.shape[1] + 1), values) for name, values in curves.items()},
                "epoch",
                f"{words} loss (nats per example)",
                f"{words.capitalize()} loss at the end: {labels[best]} {last[best]:.3g}, "
                f"constant {last['constant']:.3g}",
                log="y",
            )
        )
    return pictures
