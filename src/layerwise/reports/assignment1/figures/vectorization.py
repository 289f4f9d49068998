"""Vectorization and broadcasting."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the time of three implementations of the gradient against the number of examples, and their speedup."""
    rows, columns = study["rows"], study["columns"]
    middle, largest = len(columns) // 2, len(rows) - 1
    seconds = study.group("seconds")
    ratio = seconds["loops"] / seconds["at once"]
    names = {"loops": "two loops", "rows": "loop over examples", "at once": "vectorized"}
    return [
        lines(
            {names[way]: (rows, 1000 * table[:, middle]) for way, table in seconds.items()},
            "examples",
            "time per gradient (ms)",
            f"With {rows[-1]:,} examples of {columns[middle]} features, vectorization is "
            f"{ratio[largest, middle]:,.0f}× faster than two loops",
            log="xy",
            marked=True,
        ),
        lines(
            {f"{n:,} examples": (columns, ratio[i]) for i, n in enumerate(rows)},
            "features",
            "speedup over two loops",
            f"The speedup ranges from {ratio.min():,.1f}× to {ratio.max():,.0f}×",
            log="xy",
            marked=True,
        ),
    ]
