"""Identical initialization and batches in NumPy and Keras."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.layers import overlay
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw both backends' losses on the same batches, and how far they are apart beside what float32 does anyway."""
    steps = np.arange(1, len(study["numpy.momentum"]) + 1)
    tiny = 1e-9  # equal to the last bit; a logarithmic axis needs something
    pictures = []
    for name, word in (("momentum", "Momentum"), ("Adam", "Adam")):
        pairs = {"NumPy and Keras": study[f"difference.{name}"]}
        if name == "Adam":
            pairs["… with Adam's 1 − βᵗ in float32 in both"] = study["difference.single"]
        pairs["NumPy in float32 and in float64"] = study[f"rounding.{name}"]
        furthest = float(study[f"furthest.{name}"][0])
        pictures += [
            overlay(
                steps,
                ("NumPy", study[f"numpy.{name}"]),
                ("Keras", study[f"keras.{name}"]),
                f"{word}: after {len(steps)} steps NumPy's loss is {study[f'numpy.{name}'][-1]:.4f}, Keras's "
                f"{study[f'keras.{name}'][-1]:.4f}",
            ),
            lines(
                {label: (steps, np.maximum(values, tiny)) for label, values in pairs.items()},
                "step",
                "difference ÷ loss",
                f"{word}: the losses differ by {furthest:.0e} at most"
                + (f"; {float(study['furthest.single'][0]):.0e} once both round alike" if name == "Adam" else ""),
                log="y",
                limits=(tiny / 2, 0.7),
                legend="upper left",
            ),
        ]
    return pictures
