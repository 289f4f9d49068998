"""Gradient checking."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study

MISTAKES = {
    "none": "correct",
    "no_slope": "tanh′ left out",
    "slope_of_a": "tanh′ taken at a, not z₁",
    "wrong_sign": "wrong sign of W₂",
    "sum_for_mean": "1/n left out",
}


def draw(study: Study) -> list[Picture]:
    """Draw the error of finite differences over the step, and how far deliberate mistakes are from right."""
    step, error = study["step"], study["error"]
    best = int(np.argmin(error.mean(axis=0)))
    wrong = study.group("wrong")
    least = min(float(values.min()) for name, values in wrong.items() if name != "none")
    return [
        lines(
            {"backpropagation against differences": (step, error)},
            "step ε of the finite difference",
            "relative error",
            f"ε = {step[best]:.0e} is best: cut-off above it, rounding below it",
            log="xy",
        ),
        strips(
            {MISTAKES[name]: values for name, values in wrong.items()},
            "relative error",
            f"A right gradient stays below {wrong['none'].max():.0e}, a wrong one above {least:.2f}",
            log=True,
        ),
    ]
