"""A user's time series: labeled series of equal length, or one long series to forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layerwise.data.catalogue import twin
from layerwise.data.examples import Examples
from layerwise.data.user import read_numbers, read_table
from layerwise.data.windows import cut, in_turn
from layerwise.pipeline.files import sha256
from layerwise.suggest import nearest


def ucr(spec: dict[str, Any]) -> Examples:
    """Read a pair of files in UCR archive format: each line holds a class and the values of a series.

    ``ucr`` names the file ``…TRAIN…``; the file ``…TEST…`` is in the same folder. Values are separated by tabs, commas
    or spaces.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read or a value is invalid. The message names the file, the line and the value.
    """
    train, test = spec["ucr"], twin(spec["ucr"])
    if test is None:
        raise ValueError(f"{train}: file name must contain 'TRAIN', as in the pair my_TRAIN.tsv and my_TEST.tsv")
    (train_labels, train_x), (test_labels, test_x) = (_series_of(path) for path in (train, test))
    if test_x.shape[1] != train_x.shape[1]:
        raise ValueError(
            f"{test}: series must have as many values as those in {train}, {train_x.shape[1]}, got {test_x.shape[1]}"
        )
    known = sorted(
        set(train_labels), key=lambda name: (not _is_number(name), float(name) if _is_number(name) else 0, name)
    )
    for line, label in enumerate(test_labels, 1):
        if label not in known:
            raise ValueError(f"{test}, line {line}: class must be one of {train}, {', '.join(known)}, got '{label}'")
    if len(known) < 2:
        raise ValueError(f"{train}: must have at least two classes, got only '{known[0]}'")
    return Examples(
        "series",
        np.concatenate([train_x, test_x])[:, :, None],
        np.array([known.index(label) for label in train_labels + test_labels]),
        [f"class {name}" if _is_number(name) else name for name in known],
        part=np.repeat(["learn", "test"], [len(train_x), len(test_x)]),
        inputs=[{"file": path, "sha256": sha256(path)} for path in (train, test)],
    )


def _series_of(path: str) -> tuple[list[str], np.ndarray]:
    """Return the classes and the series ``(n, steps)`` of a file."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file")
    labels: list[str] = []
    rows: list[list[float]] = []
    for line, text in enumerate(Path(path).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        label, *fields = text.replace(",", " ").split() or [""]
        if not label:
            continue
        for place, field in enumerate(fields, 1):
            if not _is_number(field) or not np.isfinite(float(field)):
                raise ValueError(f"{path}, line {line}: value {place} must be a finite number, got '{field}'")
        if not fields or (rows and len(fields) != len(rows[0])):
            wanted = f"{len(rows[0])} values, as in the first line" if rows else "at least one value after the class"
            raise ValueError(f"{path}, line {line}: must have {wanted}, got {len(fields)}")
        labels.append(f"{float(label):g}" if _is_number(label) else label)
        rows.append([float(field) for field in fields])
    if not rows:
        raise ValueError(f"{path}: file is empty; each line must hold a class and the values of a series")
    return labels, np.array(rows)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def series(spec: dict[str, Any]) -> Examples:
    """Read one column of a CSV file as a series to forecast, split into consecutive train, validation and test parts.

    ``time`` names a column of increasing numbers or dates. Dates are converted to years. Without ``time`` the rows are
    numbered from 0.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, a value is invalid or the series is too short. The message names the file, the
        column, the row (counted from 1 after the header) and the value.
    """
    path = spec["series"]
    table = read_table(path, spec["separator"])
    for key in ("value", "time"):
        if spec[key] is not None and spec[key] not in table:
            raise ValueError(f"{path}: no column '{spec[key]}'{nearest(spec[key], table.columns)}")
    values = read_numbers(table[spec["value"]], path, "a value of a series must be a finite number")
    time = np.arange(len(values), dtype=float) if spec["time"] is None else _time(table[spec["time"]], path)
    window, horizon = spec["window"], spec["horizon"]
    try:
        borders = in_turn(len(values), window, spec["test"], spec["validation"])
        examples = cut(values[:, None], time, borders, window, horizon)
    except ValueError as error:
        raise ValueError(
            f"{path}: too few values, got {len(values)} ({error}); provide more or use a shorter window"
        ) from None
    examples.inputs = [{"file": path, "sha256": sha256(path)}]
    examples.feature_names = [spec["value"]]
    return examples


def _time(column: pd.Series, path: str) -> np.ndarray:
    """Return the times as numbers, converting dates to years."""
    if pd.api.types.is_numeric_dtype(column):
        time = column.to_numpy(dtype=float)
    else:
        dates = pd.DatetimeIndex(pd.to_datetime(column, errors="coerce"))
        days = dates.day_of_year - 1 + (dates - dates.normalize()) / pd.Timedelta("1D")
        time = (dates.year + days / np.where(dates.is_leap_year, 366, 365)).to_numpy(dtype=float)
    invalid = np.flatnonzero(~np.isfinite(time))
    if len(invalid):
        got = column.iloc[invalid[0]]
        raise ValueError(
            f"{path}: column '{column.name}', row {invalid[0] + 1}: time must be a number or a date, got '{got}'"
        )
    decreases = np.flatnonzero(np.diff(time) <= 0)
    if len(decreases):
        row = decreases[0] + 2
        raise ValueError(
            f"{path}: column '{column.name}', row {row}: times must be strictly increasing, "
            f"got {column.iloc[row - 1]} after {column.iloc[row - 2]}"
        )
    return time


LOADERS = {"ucr": ucr, "series": series}
