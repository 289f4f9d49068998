"""Residual connections."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def accuracy_by_depth(study: Study) -> list[Picture]:
    """Draw the training loss of plain and residual stacks over depth, and over epochs at the greatest depth."""
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
            "layers in the stack",
            "training loss after the last epoch (nats)",
            f"Plain stacks have their lowest loss at {depths[plain_best]} layers; at {depths[-1]} it is "
            f"{last['plain']:.2f}, with shortcuts {last['residual']:.2f}",
            log="xy",
            marked=True,
        ),
        lines(
            {kind: (epochs, values) for kind, values in deep.items()},
            "epoch",
            "training loss (nats)",
            f"{depths[-1]} layers: the residual stack falls below the plain stack's final loss in "
            f"{_first_below(deep['residual'].mean(axis=0), deep['plain'].mean(axis=0)[-1])}",
            log="y",
        ),
    ]


def _first_below(curve: np.ndarray, level: float) -> str:
    """Return the first epoch in which a curve is below a level, as text."""
    below = np.flatnonzero(curve < level)
    return f"epoch {below[0] + 1}" if len(below) else "no epoch"


def gradient_norms(study: Study) -> list[Picture]:
    """Draw the gradient norm at each layer before training, and its ratio of first to last layer over depth."""
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
            "gradient norm at the kernel",
            f"Backward through {depths[-1]} layers, the gradient is multiplied by {ends['plain']:.0f}, with shortcuts "
            f"by {ends['residual']:.1f}",
            log="y",
        ),
        lines(
            ratios,
            "layers in the stack",
            "gradient norm, first ÷ last layer",
            f"From {depths[0]} to {depths[-1]} layers, the ratio grows {growth['plain']:.0f}-fold without "
            f"shortcuts, {growth['residual']:.1f}-fold with them",
            log="xy",
            marked=True,
        ),
    ]


def shattered_gradients(study: Study) -> list[Picture]:
    """Draw the derivative of single networks along the input, and its autocorrelation between neighbors over depth."""
    kinds = ("plain", "batch norm", "residual")
    names = {"plain": "plain", "batch norm": "plain, batch norm", "residual": "residual, batch norm"}
    neighbors = {kind: study.curve(f"neighbors.{kind}") for kind in kinds}
    depths = [int(depth) for depth in neighbors["plain"][0]]
    middle = depths[len(depths) // 2]
    points = np.linspace(-2, 2, len(study[f"gradient.plain.{middle}"]))
    at = {kind: signed(f"{study[f'neighbors.{kind}.{middle}'].mean():.2f}") for kind in kinds}
    return [
        lines(
            {names[kind]: (points, study[f"gradient.{kind}.{middle}"][None]) for kind in kinds[1:]},
            "input",
            "derivative of the output ÷ its standard deviation",
            f"{middle} layers: the derivative with respect to the input resembles white noise without shortcuts",
        ),
        lines(
            {names[kind]: neighbors[kind] for kind in kinds},
            "layers in the stack",
            "autocorrelation at neighboring inputs",
            f"At {middle} layers with batch norm, gradients at neighboring inputs correlate {at['batch norm']} "
            f"without shortcuts, {at['residual']} with them",
            log="x",
            marked=True,
        ),
    ]
