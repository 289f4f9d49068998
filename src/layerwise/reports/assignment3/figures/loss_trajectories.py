"""Identical initialization and batches in NumPy and Keras."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.layers import overlay
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the losses of both backends on the same batches, and their difference beside the float32 rounding error."""
    steps = np.arange(1, len(study["numpy.momentum"]) + 1)
    tiny = 1e-9  # stands for zero on the logarithmic axis
    pictures = []
    for name, label in (("momentum", "Momentum"), ("Adam", "Adam")):
        pairs = {"NumPy vs Keras": study[f"difference.{name}"]}
        if name == "Adam":
            pairs["… with Adam's 1 − βᵗ in float32 in both"] = study["difference.single"]
        pairs["NumPy, float32 vs float64"] = study[f"rounding.{name}"]
        largest = float(study[f"furthest.{name}"][0])
        single = float(study["furthest.single"][0])
        pictures += [
            overlay(
                steps,
                ("NumPy", study[f"numpy.{name}"]),
                ("Keras", study[f"keras.{name}"]),
                f"{label}: loss after {len(steps)} steps {study[f'numpy.{name}'][-1]:.4f} in NumPy, "
                f"{study[f'keras.{name}'][-1]:.4f} in Keras",
            ),
            lines(
                {pair: (steps, np.maximum(values, tiny)) for pair, values in pairs.items()},
                "step",
                "relative difference of the loss",
                f"{label}: the largest relative difference is {largest:.0e}"
                + (f", or {single:.0e} with the same rounding" if name == "Adam" else ""),
                log="y",
                limits=(tiny / 2, 0.7),
                legend="upper left",
            ),
        ]
    return pictures
