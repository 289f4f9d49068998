"""Vanishing gradients."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment2.figures.labels import ACTIVATIONS


def draw(study: Study) -> list[Picture]:
    """Draw the share of the gradient that reaches the first layer, and the loss after training, against depth."""
    depths = study["depths"]
    ratio, loss = (
        {
            label: (depths, np.stack([study[f"{measure}.{activation}.{depth}"] for depth in depths], axis=1))
            for activation, label in ACTIVATIONS.items()
        }
        for measure in ("ratio", "loss")
    )
    sigmoid = ratio["sigmoid"][1][:, -1].mean()
    epochs = study.arguments["epochs"]
    return [
        lines(
            ratio,
            "hidden layers",
            "gradient ratio, first layer ÷ last layer",
            f"Through {depths[-1]} layers, the gradient is multiplied by {sigmoid:.1e} with sigmoid, by "
            f"{ratio['ReLU'][1][:, -1].mean():.2f} with ReLU",
            log="y",
            marked=True,
        ),
        lines(
            loss,
            "hidden layers",
            f"training loss after {epochs} epochs (nats)",
            f"Training loss with {depths[-1]} layers: {loss['sigmoid'][1][:, -1].mean():.2f} with sigmoid, "
            f"{loss['tanh'][1][:, -1].mean():.3f} with tanh",
            log="y",
            marked=True,
        ),
    ]
