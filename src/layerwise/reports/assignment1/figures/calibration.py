"""Calibration and temperature scaling."""

from __future__ import annotations

import pandas as pd

from layerwise import plots
from layerwise.numbers import plus_minus
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the reliability diagram before and after temperature scaling."""
    pictures = []
    for when in ("before", "after"):
        picture = plots.reliability(study["y"], study[f"probabilities.{when}"])
        heading = "Uncalibrated" if when == "before" else f"Scaled with T = {study['temperature'][0]:.2f}"
        pictures.append(picture.says(f"{heading}. {picture.title}", picture.alt))
    return pictures


def table(studies: list[Study]) -> pd.DataFrame:
    """Return the metrics before and after temperature scaling, mean ± standard deviation over bootstrap resamples."""
    measures = {"ece": "expected calibration error", "brier": "Brier score", "log_loss": "log loss"}
    return pd.DataFrame(
        [
            {
                "dataset": study.dataset.info["title"].split(" (")[0],
                "temperature": plus_minus(study["temperature"].mean(), study["temperature"].std(ddof=1)),
                "metric": name,
                "before": plus_minus(study[f"{measure}.before"].mean(), study[f"{measure}.before"].std(ddof=1)),
                "after": plus_minus(study[f"{measure}.after"].mean(), study[f"{measure}.after"].std(ddof=1)),
            }
            for study in studies
            for measure, name in measures.items()
        ]
    )
