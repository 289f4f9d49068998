"""Gradient checking."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study

MISTAKES = {
    "none": "correct",
    "no_slope": "tanh′ omitted",
    "slope_of_a": "tanh′ at a instead of z₁",
    "wrong_sign": "wrong sign of W₂",
    "sum_for_mean": "1/n omitted",
}


def draw(study: Study) -> list[Picture]:
    """Draw the relative error against the step of the finite differences, and for several deliberate mistakes."""
    step, error = study["step"], study["error"]
    best = int(np.argmin(error.mean(axis=0)))
    wrong = study.group("wrong")
    smallest = min(float(values.min()) for name, values in wrong.items() if name != "none")
    return [
        lines(
            {"backpropagation vs finite differences": (step, error)},
            "step ε of the finite difference",
            "relative error",
            f"Best step ε = {step[best]:.0e}: truncation error dominates above it, rounding error below it",
            log="xy",
        ),
        strips(
            {MISTAKES[name]: values for name, values in wrong.items()},
            "relative error",
            f"The error of the correct gradient is at most {wrong['none'].max():.0e}, of a wrong one at least "
            f"{smallest:.2f}",
            log=True,
        ),
    ]
