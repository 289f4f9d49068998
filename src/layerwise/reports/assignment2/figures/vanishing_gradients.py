"""Vanishing gradients."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment2.figures.labels import ACTIVATIONS


def draw(study: Study) -> list[Picture]:
    """Draw the share of gradient that reaches the first layer, and the loss after training, over depth."""
    depths = study["depths"]
    ratio, loss = (
        {
            word: (depths, np.stack([study[f"{measure}.{activation}.{depth}"] for depth in depths], axis=1))
            for activation, word in ACTIVATIONS.items()
        }
        for measure in ("ratio", "loss")
    )
    arrives = ratio["sigmoid"][1][:, -1].mean()
    epochs = study.arguments["epochs"]
    return [
        lines(
            ratio,
            "hidden layers",
            "gradient at the first layer ÷ at the last",
            f"Through {depths[-1]} sigmoid layers {arrives:.1e} of the gradient arrives, through ReLU "
            f"{ratio['ReLU'][1][:, -1].mean():.2f}",
            log="y",
            marked=True,
        ),
        lines(
            loss,
            "hidden layers",
            f"training loss after {epochs} epochs (nats)",
            f"With {depths[-1]} layers sigmoid stands at {loss['sigmoid'][1][:, -1].mean():.2f}, "
            f"tanh at {loss['tanh'][1][:, -1].mean():.3f}",
            log="y",
            marked=True,
        ),
    ]
