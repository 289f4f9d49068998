"""Vectorization and broadcasting."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw what the gradient costs in three ways of writing it, over n and over d."""
    rows, columns = study["rows"], study["columns"]
    middle, largest = len(columns) // 2, len(rows) - 1
    seconds = study.group("seconds")
    ratio = seconds["loops"] / seconds["at once"]
    names = {"loops": "two loops", "rows": "a loop over examples", "at once": "no loop"}
    return [
        lines(
            {names[way]: (rows, 1000 * table[:, middle]) for way, table in seconds.items()},
            "examples",
            "time for one gradient (ms)",
            f"At {rows[-1]:,} examples of {columns[middle]} features, no loop is {ratio[largest, middle]:,.0f}× faster",
            log="xy",
            marked=True,
        ),
        lines(
            {f"{n:,} examples": (columns, ratio[i]) for i, n in enumerate(rows)},
            "features",
            "speed-up over two loops",
            f"The speed-up grows with the data, from {ratio.min():,.1f} to {ratio.max():,.0f} times",
            log="xy",
            marked=True,
        ),
    ]
