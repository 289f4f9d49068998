"""Backpropagation through convolution and pooling."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.convolution import number_grids
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study

MISTAKES = {"not turned": "kernel not turned round", "shared": "pooling shares the gradient out"}


def worked_example(study: Study) -> list[Picture]:
    """Draw a small convolution and a small max-pooling with every number, forward and back."""
    s = study.group("worked")
    met = int(np.count_nonzero(s["dy"]))
    reached = int(np.count_nonzero(s["dunpooled"]))
    return [
        number_grids(
            {"X": s["x"], "W": s["w"], "Y": s["y"], "∂L/∂Y": s["dy"], "∂L/∂W": s["dw"], "∂L/∂X": s["dx"]},
            f"{met} places of Y have a gradient; each adds its window of X to ∂L/∂W and its multiple of W to ∂L/∂X",
        ),
        number_grids(
            {"X": s["x"], "Y": s["pooled"], "∂L/∂Y": s["dpooled"], "∂L/∂X": s["dunpooled"]},
            f"Of {s['x'].size} pixels {reached} get a gradient: the largest of each square",
        ),
    ]


def gradient_checks(study: Study) -> Picture:
    """Draw how far the derived gradients, and two mistaken ones, are from finite differences."""
    errors, wrong = study.group("error"), study.group("wrong")
    largest = max(float(values.max()) for values in errors.values())
    least = min(float(values.min()) for values in wrong.values())
    named = {"kernel": "∂L/∂W", "input": "∂L/∂X", "pooling": "∂L/∂X of max-pooling"}
    return strips(
        {named[name]: values for name, values in errors.items()}
        | {MISTAKES[name]: values for name, values in wrong.items()},
        "relative error",
        f"The derived gradients stay below {largest:.0e}, the mistaken ones above {least:.1f}".replace("e-", "e−"),
        log=True,
    )
