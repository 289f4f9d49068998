"""Activation and gradient distributions."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.layers import histograms
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment3.figures.labels import ACTIVATIONS

STARTS = {**ACTIVATIONS, "tanh_large": "tanh, first weights × 6"}


def distributions(study: Study) -> list[Picture]:
    """Draw, for each start, units and gradients by layer before and after training."""
    pictures = []
    for name, word in STARTS.items():
        accuracy, flow = study[f"accuracy.{name}"].mean(), study[f"flow.{name}"].mean()
        rows = {
            label: tuple(study[f"{array}.{name}"] for array in (f"edges_{what}", f"{what}_before", f"{what}_after"))
            for what, label in (("units", "units"), ("gradients", "gradients at them"))
        }
        pictures.append(
            histograms(
                rows,  # type: ignore[arg-type]
                f"{word}: gradient at the first layer ÷ at the last {flow:.2g} before training; validation accuracy "
                f"{100 * accuracy:.0f} % after it",
            )
        )
    return pictures


def saturation(study: Study) -> list[Picture]:
    """Draw the training loss from each start, and the share of units without slope."""
    losses = {word: study[f"loss.{name}"] for name, word in STARTS.items()}
    flat = {word: study[f"saturated.{name}"].mean(axis=2) for name, word in STARTS.items()}
    large, plain = flat[STARTS["tanh_large"]][:, 0].mean(), flat["tanh"][:, 0].mean()
    return [
        lines(
            {word: (np.arange(1, values.shape[1] + 1), values) for word, values in losses.items()},
            "epoch",
            "training loss (nats per example)",
            f"After {losses['ReLU'].shape[1]} epochs ReLU stands at {losses['ReLU'][:, -1].mean():.3f}, tanh at "
            f"{losses['tanh'][:, -1].mean():.3f}, sigmoid at {losses['sigmoid'][:, -1].mean():.2f}",
            log="y",
        ),
        lines(
            {word: (np.arange(values.shape[1]), values) for word, values in flat.items()},
            "epoch",
            "share of units with hardly any slope",
            f"Large first weights saturate {100 * large:.0f} % of tanh at once, Glorot's {100 * plain:.0f} %",
            limits=(-0.03, 1.15),
            legend="upper right",
        ),
    ]
