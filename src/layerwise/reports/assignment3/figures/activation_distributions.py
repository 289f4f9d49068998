"""Activation and gradient distributions."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.layers import histograms
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment3.figures.labels import ACTIVATIONS

STARTS = {**ACTIVATIONS, "tanh_large": "tanh, initial weights × 6"}


def distributions(study: Study) -> list[Picture]:
    """Draw the distributions of activations and gradients in each layer, before and after training, for each start."""
    pictures = []
    for name, label in STARTS.items():
        accuracy, flow = study[f"accuracy.{name}"].mean(), study[f"flow.{name}"].mean()
        rows = {
            ylabel: tuple(study[f"{array}.{name}"] for array in (f"edges_{kind}", f"{kind}_before", f"{kind}_after"))
            for kind, ylabel in (("units", "activations"), ("gradients", "gradients"))
        }
        pictures.append(
            histograms(
                rows,  # type: ignore[arg-type]
                f"{label}: gradient ratio, first layer ÷ last layer, {flow:.2g} before training; validation accuracy "
                f"{100 * accuracy:.0f}% after training",
            )
        )
    return pictures


def saturation(study: Study) -> list[Picture]:
    """Draw the training loss and the share of saturated units for each start."""
    losses = {label: study[f"loss.{name}"] for name, label in STARTS.items()}
    saturated = {label: study[f"saturated.{name}"].mean(axis=2) for name, label in STARTS.items()}
    large, glorot = saturated[STARTS["tanh_large"]][:, 0].mean(), saturated["tanh"][:, 0].mean()
    return [
        lines(
            {label: (np.arange(1, values.shape[1] + 1), values) for label, values in losses.items()},
            "epoch",
            "training loss (nats per example)",
            f"Training loss after {losses['ReLU'].shape[1]} epochs: {losses['ReLU'][:, -1].mean():.3f} with ReLU, "
            f"{losses['tanh'][:, -1].mean():.3f} with tanh, {losses['sigmoid'][:, -1].mean():.2f} with sigmoid",
            log="y",
        ),
        lines(
            {label: (np.arange(values.shape[1]), values) for label, values in saturated.items()},
            "epoch",
            "share of saturated units",
            f"Before training, {100 * large:.0f}% of tanh units are saturated with large weights, {100 * glorot:.0f}% "
            "with Glorot's",
            limits=(-0.03, 1.15),
            legend="upper right",
        ),
    ]
