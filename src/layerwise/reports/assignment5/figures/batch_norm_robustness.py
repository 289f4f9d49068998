"""Robustness to learning rate and initialization, and speed at the best learning rate."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import heat, lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment5.figures.labels import NORMALIZATIONS


def draw(study: Study) -> list[Picture]:
    """Draw the validation accuracy over steps, and over learning rate and scale of the initial weights."""
    curves, needed = study.group("curve"), {name: v.mean() for name, v in study.group("needed").items()}
    enough = study.arguments.get("enough", 0.4)
    rates, scales = study["rates"], study["scales"]
    pictures = [
        lines(
            {
                f"{NORMALIZATIONS[name]}, rate {float(study[f'rate.{name}'][0]):g}": (study["step"], values)
                for name, values in curves.items()
            },
            "training step",
            "validation accuracy",
            f"At its best learning rate, batch normalization reaches {100 * enough:.0f}% in {needed['batch']:.0f} "
            f"steps, the plain network in {needed['plain']:.0f}",
        )
    ]
    for name, table in study.group("grid").items():
        share = 100 * study[f"tolerated.{name}"].mean()
        pictures.append(
            heat(
                table,
                [f"{scale:g}" for scale in scales],
                [f"{rate:g}" for rate in rates],
                "learning rate",
                "initial scale (× He)",
                f"{NORMALIZATIONS[name].capitalize()}: {share:.0f}% of the settings reach {100 * enough:.0f}%",
            )
        )
    return pictures
