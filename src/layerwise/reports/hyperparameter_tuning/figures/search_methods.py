"""Search methods."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.search import courses, parallel
from layerwise.reporting.artifacts import Study
from layerwise.reports.hyperparameter_tuning.figures.labels import ACCURACY, PARAMETERS, method


def draw(study: Study) -> Picture:
    """Draw the objective of every trial of each search against the cost so far."""
    series = {method(name): (study[f"spent.{name}"], value) for name, value in study.group("value").items()}
    best = {name: float(np.nanmax(value)) for name, (_, value) in series.items()}
    first, last = max(best, key=best.__getitem__), min(best, key=best.__getitem__)
    costs = {name: cost[-1] for name, (cost, _) in series.items()}
    return courses(
        series,
        "cost (full trainings)",
        ACCURACY,
        f"Best search: {first}, {best[first]:.3f} for {costs[first]:.0f} full trainings; "
        f"worst: {last}, {best[last]:.3f} for {costs[last]:.0f}",
    )


def parallel_coordinates(study: Study, sweep: str) -> Picture:
    """Draw all trials of a search in parallel coordinates."""
    positions, value = study.group(f"position.{sweep}"), np.nan_to_num(study[f"value.{sweep}"])
    ends = [(PARAMETERS.get(path, path), _short(low), _short(high)) for path, low, high in study[f"ends.{sweep}"]]
    top = value >= np.quantile(value, 0.9)
    spread = {path: np.nanstd(x[top]) / np.nanstd(x) for path, x in positions.items()}
    narrow = min(spread, key=lambda path: spread[path])
    return parallel(
        np.column_stack(list(positions.values())),
        value,
        ends,
        ACCURACY,
        f"The best tenth of {len(value)} trials vary least in {PARAMETERS.get(narrow, narrow)}: "
        f"{100 * spread[narrow]:.0f}% of the spread of all trials",
    )


def _short(text: str) -> str:
    """Return a number in short form, other text unchanged."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text
