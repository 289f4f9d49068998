"""Sparsity and co-adaptation of hidden units under dropout."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture, weight_images
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment5.figures.labels import DROPOUT_NETWORKS


def draw(study: Study) -> list[Picture]:
    """Draw the weights and activations of an autoencoder's hidden units, and the effect of removing units."""
    edges, activations = study["edges"], study.group("activations")
    active = {name: 100 * values.mean() for name, values in study.group("active").items()}
    worst = {name: values.mean() for name, values in study.group("worst").items()}
    side = round(study["features.plain"].shape[0] ** 0.5)
    pictures = []
    for name, words in (("plain", "Without dropout"), ("dropout", "With dropout")):
        picture = weight_images(study[f"features.{name}"], (side, side), columns=8)
        mean = study[f"mean.{name}"].mean()
        pictures.append(picture.says(f"{words}, a unit's mean activation is {mean:.2f}", picture.alt))
    centers = (edges[1:] + edges[:-1]) / 2
    return [
        *pictures,
        lines(
            {DROPOUT_NETWORKS[name]: (centers, np.maximum(values, 1e-6)) for name, values in activations.items()},
            "activation of a hidden unit",
            "share of activations",
            f"With dropout, {active['dropout']:.0f}% of the units are active for an image, without it "
            f"{active['plain']:.0f}%",
            log="y",
            limits=(1e-4, 1),
        ),
        lines(
            {
                DROPOUT_NETWORKS[name]: (100 * study["removed"], values)
                for name, values in study.group("ablation").items()
            },
            "hidden units removed (%)",
            "relative reconstruction error",
            f"Without {100 * study['removed'][-1]:.0f}% of the units, the error grows {worst['plain']:.1f}-fold, with "
            f"dropout {worst['dropout']:.1f}-fold",
            log="y",
            marked=True,
        ),
    ]
