"""Corruption robustness."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import signed
from layerwise.plots import Picture, image_grid
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.labels import method_names

CHANGES = {
    "noise": "noise (standard deviation)",
    "blur": "blur (pixels)",
    "rotation": "rotation (degrees)",
    "shift": "shift (pixels)",
}


def corruptions(study: Study) -> Picture:
    """Draw one image with each corruption at increasing severity."""
    pictures = study.group("picture")
    captions = [f"{change} {amount:g}" for change in pictures for amount in study[f"severity.{change}"]]
    count = len(next(iter(pictures.values())))
    return image_grid(
        np.concatenate(list(pictures.values())), captions, count, f"One digit with {len(pictures)} types of corruption"
    )


def draw(report: Report, study: Study) -> list[Picture]:
    """Draw the accuracy against the severity of each corruption, one line per model."""
    names = method_names(report, study)
    pictures = []
    for change in study.arguments["severities"]:
        amounts, last = study[f"severity.{change}"], study.group(f"last.{change}")
        ends = ", ".join(f"{names[model]} {100 * values.mean():.0f}%" for model, values in last.items())
        pictures.append(
            lines(
                {names[model]: (amounts, values) for model, values in study.group(f"accuracy.{change}").items()},
                CHANGES[change],
                "test accuracy",
                f"Accuracy with {change} of {amounts[-1]:g}: {ends}",
                marked=True,
                limits=(0, 1),
            )
        )
    return pictures


def overconfidence(report: Report, study: Study) -> list[Picture]:
    """Draw the overconfidence (confidence − accuracy) of each model against the severity."""
    names = method_names(report, study)
    pictures = []
    for model in [run.partition("/")[0] for run in study.spec["runs"]]:
        series = {}
        for change in study.arguments["severities"]:
            excess = study[f"confidence.{change}.{model}"] - study[f"accuracy.{change}.{model}"]
            series[change] = (np.arange(excess.shape[1]), excess)
        worst = max(series, key=lambda change: series[change][1][:, -1].mean())
        gap = 100 * series[worst][1][:, -1].mean()
        pictures.append(
            lines(
                series,
                "severity level",
                "mean confidence − accuracy",
                f"{names[model]}: overconfident by {signed(f'{gap:.0f}')} points at the strongest {worst}",
                marked=True,
                reference=("calibrated", 0.0),
            )
        )
    return pictures
