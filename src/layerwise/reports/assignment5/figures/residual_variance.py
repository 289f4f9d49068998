"""Signal propagation in residual networks."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import number
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

STACKS = {"chain": "no shortcut", "residual": "residual", "residual_batch": "residual with batch normalization"}


def draw(study: Study) -> Picture:
    """Draw the variance of the signal after each block."""
    variance = study.group("variance")
    depth = next(iter(variance.values())).shape[1] - 1
    last = {name: values[:, -1].mean() for name, values in variance.items()}
    return lines(
        {STACKS[name]: (np.arange(depth + 1), values) for name, values in variance.items()},
        "blocks",
        "variance of the signal",
        f"After {depth} residual blocks, the variance is {number(last['residual'])}, with batch normalization "
        f"{last['residual_batch']:.0f}",
        log="y",
    )
