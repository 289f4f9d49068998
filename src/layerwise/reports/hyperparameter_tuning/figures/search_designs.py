"""Grid, random and Sobol designs."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.search import landscape, layouts
from layerwise.reporting.artifacts import Study
from layerwise.reports.hyperparameter_tuning.figures.labels import METHODS, PARAMETERS


def surface(study: Study) -> Picture:
    """Draw the objective over the two most important ranges."""
    first, second = (PARAMETERS.get(path, path) for path in study["paths"][:2])
    value, trials = study["value"], study["trials"]
    row, column = np.unravel_index(study["surface"].argmax(), study["surface"].shape)
    maximum = [_value(study, k, study["axis"][i]) for k, i in ((0, column), (1, row))]
    return landscape(
        study["axis"],
        study["surface"],
        trials[:, :2],
        (_ticks(study, 0), _ticks(study, 1)),
        (first, second),
        f"Averaged over the other parameters, the maximum is at {first} {maximum[0]:.2g}, {second} {maximum[1]:.3g}",
        trials[value.argmax(), :2],
    )


def designs(study: Study) -> Picture:
    """Draw nine trials placed as a grid, at random, and as a Sobol sequence."""
    points = {METHODS[name]: positions for name, positions in study.group("points").items()}
    best = {METHODS[name]: values.mean() for name, values in study.group("best").items()}
    labels = tuple(PARAMETERS.get(study["paths"][k], study["paths"][k]) for k in (0, 2))
    return layouts(
        study["axis"],
        study["flat"],
        points,
        (_ticks(study, 0), _ticks(study, 2)),
        (labels[0], labels[1]),
        "Mean of the best of nine trials: " + ", ".join(f"{name} {value:.3f}" for name, value in best.items()),
    )


def _value(study: Study, parameter: int, position: float) -> float:
    low, high = study["bounds"][parameter]
    return low * (high / low) ** position if study["log"][parameter] else low + position * (high - low)


def _ticks(study: Study, parameter: int) -> tuple[list[float], list[str]]:
    positions = [0.0, 0.5, 1.0]
    return positions, [f"{_value(study, parameter, position):.3g}" for position in positions]
