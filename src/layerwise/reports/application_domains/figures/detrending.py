"""Detrending."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Report, Study

NAMES = {"detrended": "GRU without the level", "level": "GRU on the level"}


def draw(report: Report, study: Study) -> Picture:
    """Draw the forecasts of the test period by the GRU with and without the level."""
    dataset = report.datasets[study.spec["datasets"][0]]
    _, _, time = dataset.series("test")
    unit = dataset.info["feature_names"][0]
    mae = {name: float(study[f"mae.{name}"].mean()) for name in NAMES}
    highest = float(study["highest.train"][0])
    above = float((study["truth"] > highest).mean())
    return lines(
        {"observed": (time, study["truth"])}
        | {NAMES[name]: (time, study[f"forecast.{name}"]) for name in ("detrended", "level")},
        "year",
        unit,
        f"{100 * above:.0f}% of the test months lie above the highest training value: mean absolute error "
        f"{mae['level']:.1f} with the level, {mae['detrended']:.2f} without it",
        reference=("highest training value", highest),
        legend="upper left",
    )
