"""A user's time series: labeled series of equal length, or one long series to forecast."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd

from layerwise.data.catalogue import twin
from layerwise.data.decoding import decoded
from layerwise.data.examples import Examples
from layerwise.data.times import years
from layerwise.data.user import read_numbers, read_table
from layerwise.data.windows import cut, in_turn
from layerwise.pipeline.files import sha256
from layerwise.suggest import nearest

LARGEST = float(np.finfo(np.float32).max)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def ucr(spec: dict[str, Any]) -> Examples:
    """Read a pair of files in UCR archive format: each line holds a class and the values of a series.

    ``ucr`` names the file ``…TRAIN…``; the file ``…TEST…`` is in the same folder. Values are separated by tabs,
    semicolons, commas or spaces, the first of these in the first line.

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
    lines = [line.strip() for line in re.split("\r\n|\r|\n", decoded(path))]
    first = next((line for line in lines if line), "")
    if not first:
        raise ValueError(f"{path}: file is empty; each line must hold a class and the values of a series")
    if first.startswith("@"):
        raise ValueError(f"{path}: must be the text file of the archive, one series per line, not an .arff or .ts file")
    separator = next((character for character in "\t;," if character in first), None)
    labels: list[str] = []
    rows: list[list[float]] = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        label, *fields = [field.strip() for field in line.rstrip(separator).split(separator)]
        if not label or label.lower() == "nan":
            raise ValueError(f"{path}, line {number}: the class is missing")
        for place, field in enumerate(fields, 1):
            if not _is_number(field) or not abs(float(field)) <= LARGEST:
                raise ValueError(f"{path}, line {number}: value {place} must be a finite number, got '{field}'")
        if not fields or (rows and len(fields) != len(rows[0])):
            wanted = f"{len(rows[0])} values, as in the first line" if rows else "at least one value after the class"
            raise ValueError(f"{path}, line {number}: must have {wanted}, got {len(fields)}")
        labels.append(_class(label))
        rows.append([float(field) for field in fields])
    return labels, np.array(rows)


def _class(label: str) -> str:
    """Return a class as named: 1 for 1.0000000e+00, and text or a number that is not small and whole as written."""
    value = float(label) if _is_number(label) else math.inf
    return str(int(value)) if abs(value) < 2**53 and value.is_integer() else label


def _is_number(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None


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
    header = (
        read_table(path, spec["separator"], header=None, nrows=1, dtype=str, keep_default_na=False).iloc[0].tolist()
    )
    table = read_table(path, spec["separator"])
    for key in ("value", "time"):
        if spec[key] is not None and header.count(spec[key]) > 1:
            raise ValueError(f"{path}: the header has the name '{spec[key]}' more than once; rename the columns")
        if spec[key] is not None and spec[key] not in table:
            raise ValueError(f"{path}: no column '{spec[key]}'{nearest(spec[key], table.columns)}")
    values = read_numbers(table[spec["value"]], path, "a value of a series must be a finite number, written 1234.5")
    large = np.flatnonzero(np.abs(values) > LARGEST)
    if len(large):
        raise ValueError(
            f"{path}: column '{spec['value']}', row {large[0] + 1}: got '{values[large[0]]:g}'; a value of a series "
            f"must be at most {LARGEST:.2g}, the largest in float32"
        )
    time = np.arange(len(values), dtype=float) if spec["time"] is None else _time(table[spec["time"]], path)
    window, horizon = spec["window"], spec["horizon"]
    try:
        borders = in_turn(len(values), window, spec["test"], spec["validation"])
        examples = cut(values[:, None], time, borders, window, horizon)
    except ValueError as error:
        raise ValueError(
            f"{path}: too few values, got {len(values)} ({error}); provide more or use a shorter window"
        ) from None
    for split, (first, last) in borders.items():
        if np.ptp(values[first:last]) == 0:  # there is nothing to forecast, and no error to compare with
            raise ValueError(
                f"{path}: column '{spec['value']}': values must vary in each part, but all {last - first} of the "
                f"{split} part are {values[first]:g}"
            )
    examples.inputs = [{"file": path, "sha256": sha256(path)}]
    examples.feature_names = [spec["value"]]
    return examples


def _time(column: pd.Series, path: str) -> np.ndarray:
    """Return the times as numbers, converting dates to years; 20200131 and 202001 are dates too."""
    if pd.api.types.is_numeric_dtype(column) and not _are_dates(column):
        time = column.to_numpy(dtype=float)
    else:
        try:
            time = years(column)
        except ValueError as error:
            raise ValueError(f"{path}: column '{column.name}', {error}") from None
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


def _are_dates(column: pd.Series) -> bool:
    """Return whether all integers of a column are days written 20200131, or months written 202001."""
    if not pd.api.types.is_integer_dtype(column):
        return False
    form, bounds = ("%Y%m%d", (18000101, 22991231)) if column.iloc[0] > 10**6 else ("%Y%m", (180001, 229912))
    if not column.between(*bounds).all():
        return False
    return not pd.to_datetime(column.astype(str), format=form, errors="coerce").isna().any()


LOADERS = {"ucr": ucr, "series": series}
