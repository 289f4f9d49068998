"""Partial dependence and ICE."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.explanations import responses
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw partial dependence and ICE curves."""
    names = study.dataset.info["feature_names"]
    swings = {int(column): study[f"swing.{column}"].mean() for column in study["features"]}
    first = max(swings, key=lambda column: swings[column])
    panels = {
        names[column]: (study[f"grid.{column}"], study[f"curves.{column}"], study[f"mean.{column}"])
        for column in swings
    }
    return responses(
        panels,
        f"log-odds of {study.dataset.names[1]}",
        f"“{names[first]}” changes the mean log-odds by {swings[first]:.1f} over its range",
    )
