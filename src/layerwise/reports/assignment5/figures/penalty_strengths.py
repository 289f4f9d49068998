"""L1 and L2 regularization: strength."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw error, norm and sparsity against the strength of L1 and L2, and the weights at the chosen strengths."""
    values = study["values"]
    chosen = {name: float(study[f"chosen.{name}"][0]) for name in ("l2", "l1")}
    small = {name: 100 * study[f"chosen_small.{name}"].mean() for name in chosen}
    plain = study["plain.validation"].mean()
    weights = study.group("weights")
    edges = np.linspace(-0.4, 0.4, 41)
    histograms = {
        {"plain": "no penalty", "l1": f"L1, λ = {chosen['l1']:g}", "l2": f"L2, λ = {chosen['l2']:g}"}[name]: (
            (edges[1:] + edges[:-1]) / 2,
            np.histogram(w, edges)[0] / len(w),
        )
        for name, w in weights.items()
    }
    near = {name: 100 * np.mean(np.abs(w) < 0.01) for name, w in weights.items()}
    best = {name: 100 * study[f"validation.{name}"].mean(axis=0).min() for name in chosen}
    return [
        lines(
            {f"{name.upper()}, {words}": (values, study[f"{split}.{name}"]) for name in chosen
             for split, words in (("train", "training"), ("validation", "validation"))},
            "strength λ",
            "error",
            f"Lowest validation error: {best['l2']:.1f}% with L2, {best['l1']:.1f}% with L1; {100 * plain:.1f}% "
            "without a penalty",
            log="x",
        ),
        lines(
            {name.upper(): (values, study[f"norm.{name}"]) for name in chosen},
            "strength λ",
            "norm of all weights",
            f"From λ = {values[0]:g} to {values[-1]:g}, the norm falls from {study['norm.l2'].mean(axis=0)[0]:.1f} to "
            f"{study['norm.l2'].mean(axis=0)[-1]:.1f} with L2",
            log="x",
            reference=("no penalty", float(study["plain.norm"].mean())),
        ),
        lines(
            {name.upper(): (values, 100 * study[f"small.{name}"]) for name in chosen},
            "strength λ",
            "weights below 0.001 (%)",
            f"At the chosen strengths, {small['l1']:.0f}% of the weights are near zero with L1, {small['l2']:.0f}% "
            "with L2",
            log="x",
        ),
        lines(
            histograms,
            "weight",
            "share of weights",
            f"Within 0.01 of zero: {near['l1']:.0f}% of the weights with L1, {near['l2']:.0f}% with L2, "
            f"{near['plain']:.0f}% without a penalty",
            log="y",
        ),
    ]  # fmt: skip
