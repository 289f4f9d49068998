"""A user's series: equally long ones with a class each, or a long one to forecast."""

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
    """Read a pair of files in the form of the UCR archive: in each line a class, then the values of a series.

    ``ucr`` names the file called ``…TRAIN…``; the one called ``…TEST…`` lies beside it. Values are parted by tabs,
    commas or spaces.

    Raises
    ------
    OSError, ValueError
        Naming the file, the line and the value that is not accepted.
    """
    train, test = spec["ucr"], twin(spec["ucr"])
    if test is None:
        raise ValueError(f"{train}: its name holds no 'TRAIN'; accepted is a pair like my_TRAIN.tsv and my_TEST.tsv")
    (labels, learn), (more, held) = (_series_of(path) for path in (train, test))
    if held.shape[1] != learn.shape[1]:
        raise ValueError(f"{test}: series of {held.shape[1]} values, but {train} has {learn.shape[1]}; make them equal")
    known = sorted(set(labels), key=lambda name: (not _is_number(name), float(name) if _is_number(name) else 0, name))
    for line, label in enumerate(more, 1):
        if label not in known:
            raise ValueError(f"{test}, line {line}: class '{label}' is not in {train}; accepted are {', '.join(known)}")
    if len(known) < 2:
        raise ValueError(f"{train}: only one class, '{known[0]}'; at least two are needed to tell apart")
    return Examples(
        "series",
        np.concatenate([learn, held])[:, :, None],
        np.array([known.index(label) for label in labels + more]),
        [f"class {name}" if _is_number(name) else name for name in known],
        part=np.repeat(["learn", "test"], [len(learn), len(held)]),
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
                raise ValueError(f"{path}, line {line}: value {place} is '{field}'; accepted are finite numbers")
        if not fields or (rows and len(fields) != len(rows[0])):
            wanted = f"as many as in line 1, {len(rows[0])}" if rows else "a class, then at least one value"
            raise ValueError(f"{path}, line {line}: got {len(fields)} values; accepted are {wanted}")
        labels.append(f"{float(label):g}" if _is_number(label) else label)
        rows.append([float(field) for field in fields])
    if not rows:
        raise ValueError(f"{path}: is empty; accepted is a class and the values of a series in each line")
    return labels, np.array(rows)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def series(spec: dict[str, Any]) -> Examples:
    """Read one column of a CSV as a series to forecast; train, validation and test follow each other in time.

    ``time`` names a column of numbers or dates in rising order; dates become years, without it rows are counted.

    Raises
    ------
    OSError, ValueError
        Naming the file, the column, the row (counted from 1 after the header) and the value that is not accepted.
    """
    path = spec["series"]
    table = read_table(path, spec["separator"])
    for key in ("value", "time"):
        if spec[key] is not None and spec[key] not in table:
            raise ValueError(f"{path}: no column '{spec[key]}'{nearest(spec[key], table.columns)}")
    values = read_numbers(table[spec["value"]], path, "a value of a series is a finite number")
    time = np.arange(len(values), dtype=float) if spec["time"] is None else _time(table[spec["time"]], path)
    window, horizon = spec["window"], spec["horizon"]
    try:
        borders = in_turn(len(values), window, spec["test"], spec["validation"])
        examples = cut(values[:, None], time, borders, window, horizon)
    except ValueError as error:
        raise ValueError(
            f"{path}: {len(values)} values are too few ({error}); accepted: more, or a shorter window"
        ) from None
    examples.inputs = [{"file": path, "sha256": sha256(path)}]
    examples.feature_names = [spec["value"]]
    return examples


def _time(column: pd.Series, path: str) -> np.ndarray:
    """Return times as numbers, those of dates in years."""
    if pd.api.types.is_numeric_dtype(column):
        time = column.to_numpy(dtype=float)
    else:
        dates = pd.DatetimeIndex(pd.to_datetime(column, errors="coerce"))
        days = dates.day_of_year - 1 + (dates - dates.normalize()) / pd.Timedelta("1D")
        time = (dates.year + days / np.where(dates.is_leap_year, 366, 365)).to_numpy(dtype=float)
    wrong = np.flatnonzero(~np.isfinite(time))
    if len(wrong):
        got = column.iloc[wrong[0]]
        raise ValueError(
            f"{path}: column '{column.name}', row {wrong[0] + 1}: got '{got}'; a time is a number or a date"
        )
    back = np.flatnonzero(np.diff(time) <= 0)
    if len(back):
        row = back[0] + 2
        raise ValueError(
            f"{path}: column '{column.name}', row {row}: {column.iloc[row - 1]} comes after {column.iloc[row - 2]}; "
            "accepted are rows in rising order of time"
        )
    return time


LOADERS = {"ucr": ucr, "series": series}
