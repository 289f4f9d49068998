"""Residual connections."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def accuracy_by_depth(study: Study) -> list[Picture]:
    """Draw training loss over depth, and over epochs at the greatest depth, of plain and residual stacks."""
    depths = study["depths"]
    kinds = ("plain", "residual")
    series = {kind: study.curve(f"last.{kind}") for kind in kinds}
    plain_best = int(np.argmin(series["plain"][1].mean(axis=0)))
    last = {kind: series[kind][1][:, -1].mean() for kind in kinds}
    deep = {kind: study[f"loss.{kind}.{depths[-1]}"] for kind in kinds}
    epochs = np.arange(1, deep["plain"].shape[1] + 1)
    return [
        lines(
            series,
            "convolutions in the stack",
            "training loss after the last epoch (nats)",
            f"Plain stacks learn best with {depths[plain_best]} convolutions; at {depths[-1]} their loss is "
            f"{last['plain']:.2f}, with shortcuts {last['residual']:.2f}",
            log="xy",
            marked=True,
        ),
        lines(
            {kind: (epochs, values) for kind, values in deep.items()},
            "epoch",
            "training loss (nats)",
            f"{depths[-1]} convolutions: the residual stack's loss is below the plain one's last after epoch "
            f"{_overtakes(deep['residual'].mean(axis=0), deep['plain'].mean(axis=0)[-1])}",
            marked=True,
        ),
    ]


def _overtakes(curve: np.ndarray, level: float) -> str:
    """Return the first epoch in which a curve is below a level, in words."""
    below = np.flatnonzero(curve < level)
    return str(below[0] + 1) if len(below) else "none"


def gradient_norms(study: Study) -> list[Picture]:
    """Draw the norm of the gradient at each convolution before training, and the first's over the last's by depth."""
    depths = study["depths"]
    kinds = ("plain", "residual")
    norms = {kind: study[f"norm.{kind}.{depths[-1]}"] for kind in kinds}
    ratios = {kind: study.curve(f"ratio.{kind}") for kind in kinds}
    ends = {kind: ratios[kind][1][:, -1].mean() for kind in kinds}
    growth = {kind: ends[kind] / ratios[kind][1][:, 0].mean() for kind in kinds}
    at = np.arange(1, norms["plain"].shape[1] + 1)
    return [
        lines(
            {kind: (at, values) for kind, values in norms.items()},
            "layer, from the input",
            "norm of the gradient at its kernel",
            f"{depths[-1]} plain convolutions multiply the gradient by {ends['plain']:.0f} on its way back, with "
            f"shortcuts by {ends['residual']:.1f}",
            log="y",
        ),
        lines(
            ratios,
            "convolutions in the stack",
            "gradient at the first ÷ at the last layer",
            f"From {depths[0]} to {depths[-1]} convolutions this grows {growth['plain']:.0f}-fold without shortcuts, "
            f"{growth['residual']:.1f}-fold with them",
            log="xy",
            marked=True,
        ),
    ]
