"""Smoothness of the loss along the gradient."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment5.figures.labels import NORMALIZATIONS

MEASURES = {
    "loss_range": ("range of the loss along the step (nats)", "Loss along the step"),
    "gradient_change": ("largest relative change of the gradient", "Relative change of the gradient"),
    "smoothness": ("effective smoothness β", "Effective β"),
}


def draw(study: Study) -> list[Picture]:
    """Draw the change of loss and gradient along the step over training."""
    pictures = []
    for measure, (ylabel, words) in MEASURES.items():
        means = {name: values.mean() for name, values in study.group(f"mean_{measure}").items()}
        series = study.group(measure).items()
        pictures.append(
            lines(
                {NORMALIZATIONS[name]: (study["step"], values) for name, values in series},
                "training step",
                ylabel,
                f"{words}: {means['batch']:.2g} with batch normalization, {means['plain']:.2g} without",
                log="y",
            )
        )
    return pictures
