"""Transfer learning between digits."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment4.figures.fine_tuning import MODES


def draw(study: Study) -> list[Picture]:
    """Draw the test accuracy against the number of labels, and the paired gain over random initial weights."""
    curves = {mode: study.curve(mode) for mode in MODES}
    labels = [int(count) for count in study["labels"]]
    gains = {
        f"{MODES[mode].removesuffix(' weights')}, {count} labels": 100
        * (study[f"{mode}.{count}"] - study[f"scratch.{count}"])
        for count in labels
        for mode in ("tuned", "frozen")
    }
    best = max(gains, key=lambda name: gains[name].mean())
    fewest = {MODES[mode]: values[:, 0].mean() for mode, (_, values) in curves.items()}
    return [
        lines(
            {MODES[mode]: curve for mode, curve in curves.items()},
            "labeled images",
            "test accuracy",
            f"With {labels[0]} labels: " + ", ".join(f"{name} {100 * mean:.0f}%" for name, mean in fewest.items()),
            log="x",
            marked=True,
            legend="upper left",
        ),
        strips(
            gains,
            "test accuracy minus that from random weights (points)",
            f"The largest mean gain is {gains[best].mean():.1f} points: {best}",
            reference=("no gain", 0.0),
        ),
    ]
