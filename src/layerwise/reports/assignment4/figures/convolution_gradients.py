"""Backpropagation through convolution and pooling."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import number
from layerwise.plots import Picture
from layerwise.plots.convolution import number_grids
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study

MISTAKES = {"not turned": "kernel not rotated", "shared": "pooling spreads the gradient"}


def worked_example(study: Study) -> list[Picture]:
    """Draw a small convolution and a small max-pooling with all numbers, forward and backward."""
    s = study.group("worked")
    nonzero = int(np.count_nonzero(s["dy"]))
    reached = int(np.count_nonzero(s["dunpooled"]))
    return [
        number_grids(
            {"X": s["x"], "W": s["w"], "Y": s["y"], "∂L/∂Y": s["dy"], "∂L/∂W": s["dw"], "∂L/∂X": s["dx"]},
            f"{nonzero} entries of ∂L/∂Y are nonzero; each adds a multiple of its window to ∂L/∂W and of W to ∂L/∂X",
        ),
        number_grids(
            {"X": s["x"], "Y": s["pooled"], "∂L/∂Y": s["dpooled"], "∂L/∂X": s["dunpooled"]},
            f"{reached} of {s['x'].size} pixels get a gradient: the maximum of each window",
        ),
    ]


def gradient_checks(study: Study) -> Picture:
    """Draw the relative errors of the derived gradients, and of two mistaken ones, against finite differences."""
    errors, wrong = study.group("error"), study.group("wrong")
    largest = max(float(values.max()) for values in errors.values())
    least = min(float(values.min()) for values in wrong.values())
    named = {"kernel": "∂L/∂W", "input": "∂L/∂X", "strided": "∂L/∂X, stride 2, same", "pooling": "∂L/∂X of max-pooling"}
    return strips(
        {named[name]: values for name, values in errors.items()}
        | {MISTAKES[name]: values for name, values in wrong.items()},
        "relative error",
        f"The derived gradients have errors below {number(largest)}, the mistaken ones above {least:.1f}",
        log=True,
    )
