"""A user's arrays (NPZ), and the reading of a user's CSV files."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layerwise.data.columns import LARGEST
from layerwise.data.examples import Examples
from layerwise.pipeline.files import read_npz, sha256

FEW = 20  # a CSV label column with at most this many distinct integers holds classes
PARTS = {"learn": "train", "validation": "validation", "test": "test"}


def npz(spec: dict[str, Any]) -> Examples:
    """Read arrays ``x`` and ``y``, or ``x_train``, ``y_train``, ``x_test``, ``y_test`` and optional ``…_validation``.

    x ``(n, features)`` is a table, uint8 ``(n, height, width[, channels])`` are images, and float
    ``(n, steps, channels)`` are series. The task is classification if the targets are integers or text, else
    regression; ``task`` overrides this.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or a value is invalid. The message names the file, the array, the index and the
        value.
    """
    path = spec["npz"]
    arrays = read_npz(path)
    names = [("x", "y")] if "x" in arrays else [(f"x_{name}", f"y_{name}") for name in PARTS.values()]
    if names != [("x", "y")] and "x_validation" not in arrays:
        names.pop(1)
    for name in (name for pair in names for name in pair):
        if name not in arrays:
            raise ValueError(
                f"{path}: no array '{name}'; must contain x and y, or x_train, y_train, x_test and y_test, "
                f"got {sorted(arrays)}"
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
            f"{path}: scaling must be 'none' for images, whose pixels are always scaled to [0, 1], "
            f"got '{spec['scaling']}'"
        )
    return Examples(kind, x, y, class_names, part=part, inputs=[{"file": path, "sha256": sha256(path)}])


def read_table(path: str, separator: str, **options: Any) -> pd.DataFrame:
    """Read a CSV file with a header line and at least one row; ``options`` are those of `pandas.read_csv`."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if len(separator) > 1 and separator != r"\s+":  # pandas would take it for a regular expression
        separator = re.escape(separator)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Falling back to the 'python' engine", pd.errors.ParserWarning)
            # Raise an error if a row is longer than the header, instead of truncating it.
            warnings.filterwarnings("error", "Length of header", pd.errors.ParserWarning)
            table = pd.read_csv(
                path, sep=separator, skipinitialspace=True, index_col=False, encoding="utf-8-sig", **options
            )
    except pd.errors.ParserWarning:
        raise ValueError(f"{path}: the rows have more fields than the header") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: must be a CSV file in UTF-8 ({str(error).strip()})") from None
    except PermissionError:
        raise PermissionError(f"{path}: no permission to read the file") from None
    except Exception as error:  # a damaged or encrypted archive raises errors of many types
        raise ValueError(f"{path}: cannot be read as a CSV file ({str(error).splitlines()[0]})") from None
    if table.empty:
        raise ValueError(f"{path}: must have at least one row below the header")
    return table


def _check_present(column: pd.Series, path: str) -> None:
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise ValueError(
            f"{path}: column '{column.name}', row {missing[0] + 1}: missing value ({len(missing)} in the column); "
            "fill it in, or remove the rows or the column"
        )


FEATURE = "a feature must be a finite number (list the column in 'drop' to exclude it)"


def read_numbers(column: pd.Series, path: str, accepted: str = FEATURE) -> np.ndarray:
    """Return a column as finite numbers.

    Raises
    ------
    ValueError
        If a value is missing or not a finite number. ``accepted`` ends the message.
    """
    _check_present(column, path)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    invalid = np.flatnonzero(~np.isfinite(values))
    if len(invalid):
        raise ValueError(
            f"{path}: column '{column.name}', row {invalid[0] + 1}: got '{column.iloc[invalid[0]]}'; {accepted}"
        )
    return values


def _check_pair(arrays: dict[str, np.ndarray], x_name: str, y_name: str, first: str, path: str) -> None:
    x, y = arrays[x_name], arrays[y_name]
    if x.dtype.kind not in "fiub" or y.dtype.kind not in "fiubU":
        name, dtype = (x_name, x.dtype) if x.dtype.kind not in "fiub" else (y_name, y.dtype)
        raise ValueError(f"{path}: array '{name}': must be numeric (y: numeric or text), got dtype {dtype}")
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise ValueError(
            f"{path}: {x_name} and {y_name} must have the same number of examples, at least 1, "
            f"got shapes {x.shape} and {y.shape}"
        )
    if x.shape[1:] != arrays[first].shape[1:]:
        raise ValueError(
            f"{path}: examples in {x_name} must have the shape of those in {first}, {arrays[first].shape[1:]}, "
            f"got {x.shape[1:]}"
        )
    for name in (x_name, y_name):
        if arrays[name].dtype.kind == "f" and (name == x_name or y.dtype.kind == "f"):
            usable = np.abs(arrays[name]) <= LARGEST
            if not usable.all():
                index = tuple(int(i) for i in np.argwhere(~usable)[0])
                raise ValueError(
                    f"{path}: {name}{list(index)}: must be a finite number of at most {LARGEST:.2g}, the largest in "
                    f"float32, got {arrays[name][index]}"
                )


def _shaped(x: np.ndarray, path: str) -> tuple[str, np.ndarray]:
    """Return the kind of the examples, and the array in the shape for that kind."""
    if 0 in x.shape:
        raise ValueError(f"{path}: x must have at least one value per example, got shape {x.shape}")
    if x.ndim == 2:
        return "table", x.astype(float)
    if x.dtype == np.uint8 and x.ndim == 3:
        return "image", x[..., None]
    if x.dtype == np.uint8 and x.ndim == 4:
        if x.shape[-1] > 4:
            raise ValueError(f"{path}: images must have 1 to 4 channels on the last axis, got shape {x.shape}")
        return "image", x
    if x.dtype.kind == "f" and x.ndim == 3:
        return "series", x
    raise ValueError(
        f"{path}: x must be a table (n, features), uint8 images (n, height, width[, channels]) or float series "
        f"(n, steps, channels), got dtype {x.dtype} and shape {x.shape}"
    )


def _targets(raw: np.ndarray, spec: dict[str, Any], where: str) -> tuple[np.ndarray, list[str] | None]:
    """Return class indices and class names, or numbers ``(n, …)`` and None.

    The names are sorted, but of two classes the rarer is the second, unless the specification names them.
    """
    numeric = raw.dtype.kind in "fiub"
    whole = numeric and bool(np.all(raw == np.round(raw)))
    classes_given = not numeric or raw.dtype.kind in "iub" or spec["class_names"]
    task = spec["task"] or ("classification" if classes_given else "regression")
    if task == "regression":
        if raw.ndim == 2 and raw.shape[1] > 1 and numeric and _is_one_hot(raw) and spec["task"] is None:
            raise ValueError(f"{where}: classes must be indices of shape (n,), got one-hot rows of shape {raw.shape}")
        if not numeric:
            raise ValueError(f"{where}, row 1: the target of a regression must be a number, got '{raw[0]}'")
        if not np.isfinite(raw).all():
            raise ValueError(f"{where}: targets must be finite, got {raw[~np.isfinite(raw)][0]}")
        return raw.astype(float).reshape(len(raw), -1) if raw.ndim == 1 else raw.astype(float), None
    if raw.ndim != 1:
        raise ValueError(f"{where}: class labels must have shape (n,), one per example, got {raw.shape}")
    if numeric and not whole:
        row = int(np.flatnonzero(raw != np.round(raw))[0])
        raise ValueError(f"{where}, row {row + 1}: a class label must be text or an integer, got {raw[row]}")
    if spec["class_names"]:
        return class_indices(raw, spec["class_names"], where), spec["class_names"]
    classes, y = np.unique(raw, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{where}: must have at least two classes, got only '{classes[0]}'")
    if len(classes) == 2 and 2 * np.sum(y) > len(y):  # the positive class of a binary task is the rarer one
        classes, y = classes[::-1], 1 - y
    return y, [str(int(name)) if numeric else str(name) for name in classes]


def class_indices(labels: np.ndarray, names: list[str], where: str) -> np.ndarray:
    """Return the index of each label in the class names; integer labels are already indices."""
    if labels.dtype.kind in "fiub":
        accepted = f"from 0 to {len(names) - 1}, an index into the {len(names)} class_names"
        y = np.where((labels >= 0) & (labels < len(names)), labels, -1).astype(int)
    else:
        accepted = f"one of the class_names {names}"
        codes = {name: index for index, name in enumerate(names)}
        y = np.array([codes.get(label, -1) for label in labels.tolist()])
    outside = np.flatnonzero(y < 0)
    if len(outside):
        got = labels[outside[0]]
        got = got if isinstance(got, str) else int(got)
        raise ValueError(f"{where}, row {outside[0] + 1}: label must be {accepted}, got '{got}'")
    if len(np.unique(y)) < 2:
        raise ValueError(f"{where}: must have at least two classes, got only '{names[y[0]]}'")
    return y


def _is_one_hot(rows: np.ndarray) -> bool:
    return bool(((rows == 0) | (rows == 1)).all() and (rows.sum(axis=1) == 1).all())


def _check_known(raw: np.ndarray, y: np.ndarray, class_names: list[str] | None, part: np.ndarray, path: str) -> None:
    """Raise if a class of the test split does not occur in the training split."""
    if class_names is None:
        return
    trained = np.unique(y[(part == "learn") | (part == "train")])
    for row in np.flatnonzero((part == "test") & ~np.isin(y, trained))[:1]:
        known = [class_names[index] for index in trained]
        raise ValueError(f"{path}: a label of y_test must occur in y_train, {known}, got '{raw[row]}'")


LOADERS = {"npz": npz}
