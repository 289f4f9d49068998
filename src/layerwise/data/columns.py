"""The columns of a user's table as features. Needs only NumPy, so that a stored model scores new rows without pandas.

A column is described by a mapping, stored in ``dataset.json`` under ``columns``:

- a number, boolean or date: ``{name, kind, fill, mean, scale, indicator}`` and, for a date, its ``format``. A missing
  value is replaced with ``fill``; the feature is ``(value − mean) / scale``; with ``indicator`` a second feature is 1
  where the value was missing.
- a category: ``{name, kind, levels, other}``. There is one feature per level (None stands for a missing value) and,
  with ``other``, one for all remaining levels, which include those that did not occur in training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

Column = Mapping[str, Any]

MISSING = frozenset({
    "", "?", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NULL", "null", "None", "NaN", "nan", "-NaN",
    "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN",
})  # fmt: skip
"""Cells that hold no value: those of pandas, and the question mark of the UCI archive."""

DATES = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y",
)
"""Accepted date formats."""

EPOCH = datetime(1970, 1, 1)
LARGEST = float(np.finfo(np.float32).max)
OTHER = -1  # code of every level that has no feature of its own


def values_of(column: Column, cells: Sequence[str]) -> np.ndarray:
    """Return the cells of a column as numbers ``(n,)``: NaN if missing; days since 1970-01-01; or codes of levels.

    Raises
    ------
    ValueError
        If a cell of a number, boolean or date is none. The message names the column, the row (from 1) and the cell.
    """
    cells = [cell.strip() for cell in cells]
    if column["kind"] == "category":
        codes = {level: code for code, level in enumerate(column["levels"])}
        return np.array([codes.get(None if cell in MISSING else cell, OTHER) for cell in cells], dtype=float)
    values = np.empty(len(cells))
    for row, cell in enumerate(cells):
        try:
            values[row] = np.nan if cell in MISSING else _value(column, cell)
        except (KeyError, ValueError):
            wanted = {"date": f"a date in the format {column.get('format')}", "boolean": "true or false"}
            raise ValueError(
                f"column '{column['name']}', row {row + 1}: must be {wanted.get(column['kind'], 'a finite number')}, "
                f"got '{cell}'"
            ) from None
    return values


def _value(column: Column, cell: str) -> float:
    if column["kind"] == "boolean":
        return {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}[cell.lower()]
    if column["kind"] == "date":
        return (datetime.strptime(cell, column["format"]) - EPOCH).total_seconds() / 86400
    value = float(cell)
    if "_" in cell or not abs(value) <= LARGEST:
        raise ValueError
    return value


def features(columns: Sequence[Column], values: Sequence[np.ndarray]) -> np.ndarray:
    """Return the features ``(n, d)`` of columns, float32, computed in float64.

    Parameters
    ----------
    columns : sequence of mapping
        Fitted columns.
    values : sequence of ndarray ``(n,)``
        Their values as returned by `values_of`.
    """
    x = np.empty((len(values[0]), sum(len(names(column)) for column in columns)), dtype=np.float32)
    place = 0
    for column, column_values in zip(columns, values, strict=True):
        encoded = _features(column, column_values)
        x[:, place : place + encoded.shape[1]] = encoded
        place += encoded.shape[1]
    return x


def _features(column: Column, values: np.ndarray) -> np.ndarray:
    if column["kind"] == "category":
        codes = np.append(np.arange(len(column["levels"])), [OTHER] if column["other"] else [])
        return values[:, None] == codes
    missing = np.isnan(values)
    scaled = (np.where(missing, column["fill"], values) - column["mean"]) / column["scale"]
    return np.column_stack([scaled, missing]) if column["indicator"] else scaled[:, None]


def names(column: Column) -> list[str]:
    """Return the names of the features of a column."""
    name = column["name"]
    if column["kind"] == "category":
        levels = ["missing" if level is None else level for level in column["levels"]]
        return [f"{name} = {level}" for level in [*levels, *["other"] * column["other"]]]
    return [name, *[f"{name} missing"] * column["indicator"]]
