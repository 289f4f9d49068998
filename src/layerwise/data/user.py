"""A user's own table or arrays: a CSV or an NPZ, named in the configuration, no code needed."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layerwise.data.examples import Examples
from layerwise.pipeline.files import read_npz, sha256
from layerwise.suggest import nearest

FEW = 20  # a CSV column with at most so many distinct whole numbers is taken for classes
PARTS = {"learn": "train", "validation": "validation", "test": "test"}


def csv(spec: dict[str, Any]) -> Examples:
    """Read a table with a header line: every column but the label, and those dropped, is a feature.

    Targets are classes if the label column holds text or at most 20 distinct whole numbers, else numbers to predict;
    ``task`` says otherwise.

    Raises
    ------
    OSError, ValueError
        Naming the file, the column, the row (counted from 1 after the header) and the value that is not accepted.
    """
    path, label = spec["csv"], spec["label"]
    table = read_table(path, spec["separator"])
    for column in (label, *spec["drop"]):
        if column not in table:
            raise ValueError(f"{path}: no column '{column}'{nearest(column, table.columns)}")
    features = table.drop(columns=[*spec["drop"], label])
    if features.shape[1] == 0:
        raise ValueError(f"{path}: no feature is left beside the label '{label}'; a dataset needs at least one")
    columns = [read_numbers(features[name], path) for name in features]
    _check_present(table[label], path)
    y, class_names = _targets(table[label].to_numpy(), spec, f"{path}: column '{label}'", few=FEW)
    return Examples(
        "table",
        np.column_stack(columns),
        y,
        class_names,
        [str(name) for name in features.columns],
        inputs=[{"file": path, "sha256": sha256(path)}],
    )


def npz(spec: dict[str, Any]) -> Examples:
    """Read arrays ``x`` and ``y``, or ``x_train``, ``y_train``, ``x_test``, ``y_test`` and perhaps ``…_validation``.

    x ``(n, features)`` is a table, uint8 ``(n, height, width[, channels])`` images, float ``(n, steps, channels)``
    series. Targets are classes if they are whole numbers or text, else numbers to predict; ``task`` says otherwise.

    Raises
    ------
    OSError, ValueError
        Naming the file, the array, the place in it and the value that is not accepted.
    """
    path = spec["npz"]
    arrays = read_npz(path)
    names = [("x", "y")] if "x" in arrays else [(f"x_{name}", f"y_{name}") for name in PARTS.values()]
    if names != [("x", "y")] and "x_validation" not in arrays:
        names.pop(1)
    for name in (name for pair in names for name in pair):
        if name not in arrays:
            raise ValueError(
                f"{path}: no array '{name}'; it holds {sorted(arrays)}, accepted are x and y, "
                "or x_train, y_train, x_test, y_test"
            )
    for x_name, y_name in names:
        _check_pair(arrays, x_name, y_name, names[0][0], path)
    x = np.concatenate([arrays[name] for name, _ in names])
    raw = np.concatenate([arrays[name] for _, name in names])
    y, class_names = _targets(raw, spec, f"{path}: array '{'/'.join(name for _, name in names)}'")
    part = None
    if len(names) > 1:
        kinds = [next(kind for kind, name in PARTS.items() if x_name == f"x_{name}") for x_name, _ in names]
        if "validation" in kinds:
            kinds[0] = "train"
        part = np.repeat(kinds, [len(arrays[name]) for _, name in names])
        _check_known(raw, y, class_names, part, path)
    kind, x = _shaped(x, path)
    if kind == "image" and spec["scaling"] not in (None, "none"):
        raise ValueError(
            f"{path}: scaling: got '{spec['scaling']}' for images; accepted is 'none', pixels become 0 to 1"
        )
    return Examples(kind, x, y, class_names, part=part, inputs=[{"file": path, "sha256": sha256(path)}])


def read_table(path: str, separator: str) -> pd.DataFrame:
    """Read a CSV with a header line and at least one row; a message names the file."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            # A row longer than the header is refused, not cut.
            warnings.filterwarnings("error", "Length of header", pd.errors.ParserWarning)
            table = pd.read_csv(path, sep=separator, skipinitialspace=True, index_col=False, encoding="utf-8-sig")
    except pd.errors.ParserWarning:
        raise ValueError(f"{path}: the rows have more fields than the header has names") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a readable CSV in UTF-8 ({str(error).strip()})") from None
    except PermissionError:
        raise PermissionError(f"{path}: may not be read") from None
    if table.empty:
        raise ValueError(f"{path}: holds no rows below its header")
    return table


def _check_present(column: pd.Series, path: str) -> None:
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise ValueError(
            f"{path}: column '{column.name}', row {missing[0] + 1}: missing value ({len(missing)} in the column); "
            "fill it, or remove the rows or the column"
        )


FEATURE = "a feature is a finite number (name the column in 'drop' to leave it out)"


def read_numbers(column: pd.Series, path: str, accepted: str = FEATURE) -> np.ndarray:
    """Return a column as numbers, all finite; a message names the file, the column and the row."""
    _check_present(column, path)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise ValueError(
            f"{path}: column '{column.name}', row {wrong[0] + 1}: got '{column.iloc[wrong[0]]}'; {accepted}"
        )
    return values


def _check_pair(arrays: dict[str, np.ndarray], x_name: str, y_name: str, first: str, path: str) -> None:
    x, y = arrays[x_name], arrays[y_name]
    if x.dtype.kind not in "fiub" or y.dtype.kind not in "fiubU":
        name, dtype = (x_name, x.dtype) if x.dtype.kind not in "fiub" else (y_name, y.dtype)
        raise ValueError(f"{path}: array '{name}': got dtype {dtype}; accepted are numbers, in y also text")
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise ValueError(f"{path}: got {x_name} {x.shape} and {y_name} {y.shape}; they must hold as many examples")
    if x.shape[1:] != arrays[first].shape[1:]:
        raise ValueError(f"{path}: got examples {x.shape[1:]} in {x_name} but {arrays[first].shape[1:]} in {first}")
    for name in (x_name, y_name):
        if arrays[name].dtype.kind == "f" and not np.isfinite(arrays[name]).all():
            at = tuple(int(index) for index in np.argwhere(~np.isfinite(arrays[name]))[0])
            raise ValueError(f"{path}: {name}{list(at)}: got {arrays[name][at]}; accepted are finite numbers")


def _shaped(x: np.ndarray, path: str) -> tuple[str, np.ndarray]:
    """Return the kind of the examples, and the array in the shape of that kind."""
    if x.ndim == 2:
        return "table", x.astype(float)
    if x.dtype == np.uint8 and x.ndim == 3:
        return "image", x[..., None]
    if x.dtype == np.uint8 and x.ndim == 4:
        return "image", x
    if x.dtype.kind == "f" and x.ndim == 3:
        return "series", x
    raise ValueError(
        f"{path}: got x of dtype {x.dtype} and shape {x.shape}; accepted are tables (n, features), "
        "uint8 images (n, height, width[, channels]) and float series (n, steps, channels)"
    )


def _targets(
    raw: np.ndarray, spec: dict[str, Any], where: str, few: int | None = None
) -> tuple[np.ndarray, list[str] | None]:
    """Return class indices and class names, or numbers ``(n, …)`` and None."""
    numeric = raw.dtype.kind in "fiub"
    whole = numeric and bool(np.all(raw == np.round(raw)))
    integers = raw.dtype.kind in "iub" if few is None else whole and len(np.unique(raw)) <= few
    task = spec["task"] or ("classification" if not numeric or integers or spec["class_names"] else "regression")
    if task == "regression":
        if not numeric:
            raise ValueError(f"{where}, row 1: got '{raw[0]}'; the target of a regression is a number")
        if not np.isfinite(raw).all():
            raise ValueError(f"{where}: holds an infinite number; accepted are finite ones")
        return raw.astype(float).reshape(len(raw), -1) if raw.ndim == 1 else raw.astype(float), None
    if raw.ndim != 1:
        raise ValueError(f"{where}: got shape {raw.shape}; class labels are one per example, shape (n,)")
    if numeric and not whole:
        row = int(np.flatnonzero(raw != np.round(raw))[0])
        raise ValueError(f"{where}, row {row + 1}: got {raw[row]}; a class label is text or a whole number")
    labels = raw.astype(int) if numeric else raw.astype(str)
    if spec["class_names"]:
        y = _named(labels, spec["class_names"], where)
        return y, spec["class_names"]
    classes, y = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{where}: only one class, '{classes[0]}'; at least two are needed to tell apart")
    return y, [str(name) for name in classes]


def _named(labels: np.ndarray, names: list[str], where: str) -> np.ndarray:
    """Return the index of each label among the class names: numbers are indices already."""
    if labels.dtype.kind == "i":
        accepted = f"0 to {len(names) - 1}, one for each of the {len(names)} class_names"
        y = np.where((labels >= 0) & (labels < len(names)), labels, -1)
    else:
        accepted = f"the class_names {names}"
        y = np.array([names.index(label) if label in names else -1 for label in labels])
    outside = np.flatnonzero(y < 0)
    if len(outside):
        raise ValueError(
            f"{where}, row {outside[0] + 1}: label '{labels[outside[0]]}' is out of range; accepted are {accepted}"
        )
    if len(np.unique(y)) < 2:
        raise ValueError(f"{where}: only one class, '{names[y[0]]}'; at least two are needed to tell apart")
    return y


def _check_known(raw: np.ndarray, y: np.ndarray, class_names: list[str] | None, part: np.ndarray, path: str) -> None:
    """Refuse a class that is tested but was never there to be learned."""
    if class_names is None:
        return
    learned = np.unique(y[(part == "learn") | (part == "train")])
    for row in np.flatnonzero((part == "test") & ~np.isin(y, learned))[:1]:
        known = [class_names[index] for index in learned]
        raise ValueError(f"{path}: y_test holds the label '{raw[row]}', y_train only {known}; labels out of range")


LOADERS = {"csv": csv, "npz": npz}
