"""Linearly separable data."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the norm and the direction of the weights on separable classes, with and without a penalty."""
    at, norm, cosine = study["epoch"], study.group("norm"), study.group("cosine")
    names = {"free": "no penalty", "penalised": f"L2, λ = {study.arguments.get('l2', 0.01):g}"}
    return [
        lines(
            {names[kind]: (at, values) for kind, values in norm.items()},
            "epoch",
            "norm of the weights",
            f"Without a penalty, the norm is {norm['free'][:, -1].mean():.1f} after {at[-1]:,} epochs and still grows",
            log="x",
        ),
        lines(
            {names[kind]: (at, values) for kind, values in cosine.items()},
            "epoch",
            "cosine with the\nmaximum-margin direction",
            "Without a penalty, the weights turn toward the maximum-margin direction: cosine "
            f"{cosine['free'][:, -1].mean():.3f}",
            log="x",
        ),
    ]
