"""Corruption robustness."""

from __future__ import annotations

import numpy as np

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
    """Draw one image under each change, from none to the most."""
    pictures = study.group("picture")
    captions = [f"{change} {amount:g}" for change in pictures for amount in study[f"severity.{change}"]]
    count = len(next(iter(pictures.values())))
    return image_grid(
        np.concatenate(list(pictures.values())), captions, count, f"One digit, {len(pictures)} ways to corrupt it"
    )


def draw(report: Report, study: Study) -> list[Picture]:
    """Draw accuracy over the severity of each change, a line for each model."""
    called = method_names(report, study)
    pictures = []
    for change in study.arguments["severities"]:
        amounts, last = study[f"severity.{change}"], study.group(f"last.{change}")
        ends = ", ".join(f"{called[model]} {100 * values.mean():.0f} %" for model, values in last.items())
        pictures.append(
            lines(
                {called[model]: (amounts, values) for model, values in study.group(f"accuracy.{change}").items()},
                CHANGES[change],
                "test accuracy",
                f"{change.capitalize()} of {amounts[-1]:g}: {ends} right",
                marked=True,
                limits=(0, 1),
            )
        )
    return pictures


def overconfidence(report: Report, study: Study) -> list[Picture]:
    """Draw, for each model, by how much its confidence exceeds its accuracy as severity grows."""
    called = method_names(report, study)
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
                "severity (steps)",
                "mean confidence − accuracy",
                f"{called[model]}: at the most {worst} it is overconfident by {gap:.0f} points",
                marked=True,
                reference=("calibrated", 0.0),
            )
        )
    return pictures
