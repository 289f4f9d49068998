"""A user's CSV table: what its columns hold, what is done about each, and the preprocessing fitted on training rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from layerwise.data.columns import DATES, EPOCH, LARGEST, MISSING, Column
from layerwise.data.examples import Examples
from layerwise.data.user import FEW, class_indices, read_table
from layerwise.pipeline.files import sha256
from layerwise.suggest import nearest

MOST_COLUMNS = 10_000
MOST_LEVELS = 30  # features of a category, including the one for rare levels
FEWEST = 5  # examples of a class, so that every split has one
MOST_LINES = 40  # of the message about a file


class Finding(NamedTuple):
    """Something about a column that a reader should know: what was found, and what was done about it.

    ``fault`` is False for an encoding that loses nothing, which ``strict`` accepts.
    """

    column: str
    found: str
    done: str
    fault: bool = True


@dataclass
class Table:
    """What a file holds: the values of its usable columns, the targets, what was found, and what cannot be used.

    Attributes
    ----------
    columns : list of mapping
        Name and kind of each usable column, the ``format`` of a date, the ``levels`` of a category.
    values : list of ndarray ``(n,)``
        Their values: numbers, days since 1970-01-01 or codes of levels; NaN if missing.
    y, class_names
        As in `Examples`.
    kept : ndarray of bool ``(n,)``
        Rows with a label, of a class that is large enough.
    """

    path: str
    rows: int
    columns: list[dict[str, Any]] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    y: np.ndarray = field(default_factory=lambda: np.empty(0))
    class_names: list[str] | None = None
    kept: np.ndarray = field(default_factory=lambda: np.empty(0, bool))
    findings: list[Finding] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def csv(spec: Mapping[str, Any]) -> Examples:
    """Read a table with a header line, whose columns are features except the label and the dropped columns.

    The task is classification if the label column holds text or at most 20 distinct integers, else regression;
    ``task`` overrides this. Classes are named as written in the file.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or used. The message lists everything that must be mended, with column, row (counted
        from 1 after the header) and value.
    """
    table = examined(spec)
    if table.problems:
        raise ValueError(_listed(table.path, table.problems))
    return Examples(
        "table",
        np.column_stack([values[table.kept] for values in table.values]),
        table.y[table.kept],
        table.class_names,
        [column["name"] for column in table.columns],
        extras={"row": np.flatnonzero(table.kept) + 1},
        inputs=[{"file": table.path, "sha256": sha256(table.path)}],
        columns=table.columns,
        findings=[finding._asdict() for finding in table.findings],
    )


def _listed(path: str, problems: list[str]) -> str:
    if len(problems) == 1:
        return f"{path}: {problems[0]}"
    more = [f"and {len(problems) - MOST_LINES} more"] if len(problems) > MOST_LINES else []
    lines = "\n".join(f"  - {problem}" for problem in [*problems[:MOST_LINES], *more])
    return f"{path}: {len(problems)} things must be changed:\n{lines}"


def message(path: str, rows: int, class_names: list[str] | None, findings: Sequence[Mapping[str, Any]]) -> str:
    """Return what was found in a file and what was done about it, one line per finding, for the terminal."""
    task = f"{len(class_names)} classes" if class_names else "a number to predict"
    lines = [f"{path}: {rows:,} usable rows, {task}"]
    lines += [f"  {finding['column']}: {finding['found']}; {finding['done']}" for finding in findings[:MOST_LINES]]
    if len(findings) > MOST_LINES:
        lines.append(f"  and {len(findings) - MOST_LINES} more, listed in dataset.json")
    return "\n".join(lines)


def examined(spec: Mapping[str, Any]) -> Table:
    """Read a file and decide for each column what it is; with ``strict``, every fault found is a problem."""
    path, label = spec["csv"], spec["label"]
    header = read_table(path, spec["separator"], header=None, nrows=1, dtype=str, keep_default_na=False).iloc[0]
    if len(header) > MOST_COLUMNS:
        raise ValueError(f"{path}: must have at most {MOST_COLUMNS:,} columns, got {len(header):,}")
    repeated = sorted({name for name in header if name and (header == name).sum() > 1})
    markers = dict.fromkeys(header[header != label], sorted(MISSING))
    frame = read_table(
        path,
        spec["separator"],
        dtype={label: str},
        keep_default_na=False,
        na_values=markers | {f"Unnamed: {place}": sorted(MISSING) for place in np.flatnonzero(header == "")},
        **({"low_memory": False} if len(spec["separator"]) == 1 else {}),  # one type per column
    )
    for column in (label, *spec["drop"], *spec["keep"]):
        if column not in frame:
            raise ValueError(f"{path}: no column '{column}'{_separator(header) or nearest(column, frame.columns)}")
    table = Table(path, len(frame))
    if repeated:
        names = ", ".join(f"'{name}'" for name in repeated)
        table.problems.append(f"the header has the name {names} more than once; rename the columns")
    features = frame.drop(columns=[*spec["drop"], label])
    if features.shape[1] == 0:
        raise ValueError(f"{path}: must have at least one feature column besides the label '{label}', got none")
    for name in features:
        _describe(str(name), features[name], table, str(name) in spec["keep"])
    if not table.columns and not table.problems:
        reasons = "; ".join(f"'{finding.column}': {finding.found}" for finding in table.findings)
        raise ValueError(f"{path}: no column is left to learn from ({reasons})")
    try:
        _read_target(frame[label], spec, table)
    except ValueError as error:
        table.problems.append(str(error))
    if spec["strict"]:
        found = [f"'{f.column}': {f.found} (without strict: {f.done})" for f in table.findings if f.fault]
        table.problems += found
    return table


def _separator(header: pd.Series) -> str:
    """Return a hint if the header was read as one field but holds another separator, else an empty string."""
    found = [name for name in (";", "\t", "|", ",") if len(header) == 1 and name in header.iloc[0]]
    return f"; the header seems to be separated by {found[0]!r}: add separator: {found[0]!r}" if found else ""


# --- columns --------------------------------------------------------------------------------------------------------


def _describe(name: str, column: pd.Series, table: Table, keep: bool) -> None:
    """Add a column to the table, or what was found wrong with it; ``keep`` a number that looks like an identifier."""

    def leave_out(found: str) -> None:
        table.findings.append(Finding(name, found, "left out"))

    if column.dtype == object:  # booleans with missing values
        column = column.map(str, na_action="ignore")
    present = column.notna().to_numpy()
    missing = int(np.sum(~present))
    if not present.any():
        leave_out("empty")
        return
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not keep and not missing and _is_identifier(name, numbers):
        leave_out("a row number" if _counts_rows(numbers) else "an identifier: a different integer in every row")
        return
    numeric = ~np.isnan(numbers)
    if pd.api.types.is_bool_dtype(column):
        _add(table, {"name": name, "kind": "boolean"}, numbers, missing)
    elif (numeric == present).all():
        _describe_numbers(name, numbers, missing, table, leave_out)
    elif (commas := column[present].astype(str).str.fullmatch(r"\s*[+-]?\d+,\d+\s*")).any() and (
        2 * (commas.sum() + numeric.sum()) >= present.sum()
    ):
        row = int(np.flatnonzero(present)[np.argmax(commas)])
        table.problems.append(
            f"column '{name}', row {row + 1}: got '{column.iloc[row]}'; numbers must be written with a decimal point"
        )
    elif 2 * numeric.sum() >= present.sum():
        row = int(np.flatnonzero(present & ~numeric)[0])
        others = f", like {int(np.sum(present & ~numeric))} values" if np.sum(present & ~numeric) > 1 else ""
        table.problems.append(
            f"column '{name}', row {row + 1}: got '{column.iloc[row]}'{others}; a feature must be a finite number "
            "where most values of its column are (correct it, leave the cell empty, or list the column in 'drop')"
        )
    else:
        _describe_text(name, column, present, table, leave_out)


def _describe_numbers(
    name: str, numbers: np.ndarray, missing: int, table: Table, leave_out: Callable[[str], None]
) -> None:
    large = np.flatnonzero(np.abs(numbers) > LARGEST)
    if len(large):
        table.problems.append(
            f"column '{name}', row {large[0] + 1}: got '{numbers[large[0]]:g}'; a feature must be a finite number of "
            f"at most {LARGEST:.2g}, the largest in float32 (list the column in 'drop' to exclude it)"
        )
    elif not missing and np.ptp(numbers) == 0:
        leave_out(f"always {numbers[0]:g}")
    else:
        _add(table, {"name": name, "kind": "number"}, numbers, missing)


def _counts_rows(numbers: np.ndarray) -> bool:
    """Return whether the numbers are 0 to n − 1 or 1 to n, in any order."""
    first = numbers.min()
    return first in (0, 1) and np.array_equal(np.sort(numbers), first + np.arange(len(numbers)))


def _is_identifier(name: str, numbers: np.ndarray) -> bool:
    """Return whether a column counts the rows, or is called an ID and has a different integer in every row.

    pandas writes its index as a first column without a name, and reads it as ``Unnamed: 0``.
    """
    called = (
        re.search(
            r"(^|[^a-z])(id|index|rownames|uuid|unnamed: \d+)$|ID$", name if name.endswith("ID") else name.lower()
        )
        is not None
    )
    distinct = len(np.unique(numbers)) == len(numbers) > 2 and bool(np.all(numbers == np.round(numbers)))
    return distinct and (called or _counts_rows(numbers))


def _describe_text(
    name: str, column: pd.Series, present: np.ndarray, table: Table, leave_out: Callable[[str], None]
) -> None:
    cells = column[present].astype(str).str.strip()
    missing = int(np.sum(~present))
    codes, levels = pd.factorize(cells, sort=True)
    if set(levels.str.lower()) <= {"true", "false"}:
        values = np.full(len(column), np.nan)
        values[present] = cells.str.lower() == "true"
        _add(table, {"name": name, "kind": "boolean"}, values, missing)
        return
    formats = [form for form in DATES if _dates(levels[:1], form).notna().all() and _dates(levels, form).notna().all()]
    if len(formats) > 1:
        table.problems.append(
            f"column '{name}': dates such as '{levels[0]}' can be day/month or month/day; write them as 2020-12-31"
        )
    elif formats:
        days = (_dates(levels, formats[0]) - EPOCH) / pd.Timedelta("1D")
        values = np.full(len(column), np.nan)
        values[present] = days.to_numpy()[codes]
        table.findings.append(Finding(name, f"dates from {levels.min()}", "used as days since 1970-01-01", False))
        _add(table, {"name": name, "kind": "date", "format": formats[0]}, values, missing)
    elif len(levels) == 1 and not missing:
        leave_out(f"always '{levels[0]}'")
    elif len(levels) > max(FEW, len(cells) / 2):
        leave_out(f"an identifier or free text: {len(levels):,} different texts in {len(cells):,} rows")
    else:
        values = np.full(len(column), np.nan)
        values[present] = codes
        counted = f"text with {len(levels):,} values"
        done = f"one feature per value (one-hot), at most {MOST_LEVELS}, rare ones together as 'other'"
        table.findings.append(Finding(name, counted, done, False))
        _add(table, {"name": name, "kind": "category", "levels": levels.tolist()}, values, missing)


def _dates(levels: pd.Index, form: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(levels, format=form, errors="coerce", utc=True)).tz_localize(None)


def _add(table: Table, column: dict[str, Any], values: np.ndarray, missing: int) -> None:
    if missing:
        filled = "kept as a value of its own" if column["kind"] == "category" else "filled with the training median"
        indicator = "" if column["kind"] == "category" else " and marked by an indicator"
        share = f"{missing:,} missing values ({100 * missing / len(values):.1f}%)"
        table.findings.append(Finding(column["name"], share, filled + indicator))
    table.columns.append(column)
    table.values.append(values)


# --- target ---------------------------------------------------------------------------------------------------------


def _read_target(column: pd.Series, spec: Mapping[str, Any], table: Table) -> None:
    """Set the targets, class names and kept rows of the table.

    A cell such as ``NA`` is a missing label if all others are numbers, and a class if others are text.
    """
    label, where = str(column.name), f"column '{column.name}'"
    cells = column.fillna("").astype(str).to_numpy(dtype=object)
    numbers = pd.to_numeric(pd.Series(cells), errors="coerce").to_numpy(dtype=float)
    marked = np.isin(cells, sorted(MISSING))
    number = ~np.isnan(numbers)
    missing = marked if (number | marked).all() else cells == ""
    kept = ~missing
    if not kept.any():
        raise ValueError(f"{where}: must hold labels, got only missing values")
    numeric = bool(number[kept].all())
    few = numeric and bool(np.all(numbers[kept] == np.round(numbers[kept]))) and len(np.unique(cells[kept])) <= FEW
    task = spec["task"] or ("classification" if not numeric or few or spec["class_names"] else "regression")
    if task == "regression":
        wrong = np.flatnonzero(kept & ~(number & (np.abs(numbers) <= LARGEST)))
        if len(wrong):
            raise ValueError(
                f"{where}, row {wrong[0] + 1}: the target of a regression must be a number of at most {LARGEST:.2g}, "
                f"got '{cells[wrong[0]]}'"
            )
        if np.ptp(numbers[kept]) == 0:
            raise ValueError(f"{where}: a target must vary, got only {numbers[kept][0]:g}")
        table.y, table.class_names = numbers[:, None], None
    else:
        kept = _read_classes(cells, numbers, kept, numeric, spec, where, table)
    if missing.any():
        done = "rows left out" if missing.sum() > 1 else "row left out"
        table.findings.append(Finding(label, f"{missing.sum():,} rows without a label", done))
    table.kept = kept


def _read_classes(
    cells: np.ndarray,
    numbers: np.ndarray,
    kept: np.ndarray,
    numeric: bool,
    spec: Mapping[str, Any],
    where: str,
    table: Table,
) -> np.ndarray:
    """Set the class indices and names of the table, and return the rows of classes that are large enough."""
    label = str(spec["label"])
    names = spec["class_names"]
    table.y = np.zeros(len(cells), dtype=np.int64)
    if names:
        table.y[kept] = class_indices(numbers[kept] if numeric else cells[kept].astype(str), names, where)
        table.class_names = names
        return kept
    classes, codes, sizes = np.unique(cells[kept].astype(str), return_inverse=True, return_counts=True)
    for alike in _alike(classes):
        table.findings.append(Finding(label, f"labels {alike} differ only in spelling", "kept as different classes"))
    small = (sizes < FEWEST) & (np.sum(sizes >= FEWEST) >= 2)
    if small.any():
        listed = ", ".join(f"'{name}'" for name in classes[small][:10]) + (", …" if small.sum() > 10 else "")
        found = f"{small.sum()} of {len(classes)} classes with fewer than {FEWEST} rows ({listed})"
        table.findings.append(Finding(label, found, f"{sizes[small].sum():,} rows left out"))
        kept = kept.copy()
        kept[np.flatnonzero(kept)[small[codes]]] = False
        classes, codes, sizes = np.unique(cells[kept].astype(str), return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise ValueError(f"{where}: must have at least two classes, got only '{classes[0]}'")
    # By value if all are numbers; of two classes, the rarer one is the positive class.
    order = sorted(range(len(classes)), key=lambda k: (float(classes[k]) if numeric else 0.0, classes[k]))
    if len(classes) == 2 and sizes[order[1]] > sizes[order[0]]:
        order.reverse()
    rank = np.argsort(order)
    table.y[kept] = rank[codes]
    table.class_names = [str(classes[k]) for k in order]
    return kept


def _alike(classes: np.ndarray) -> Iterator[str]:
    """Yield the classes that are the same but for spaces, case or the spelling of a number, quoted."""
    groups: dict[Any, list[str]] = {}
    for name in map(str, classes):
        try:
            key: Any = float(name)
        except ValueError:
            key = name.strip().casefold()
        groups.setdefault(key, []).append(name)
    for group in groups.values():
        if len(group) > 1:
            yield " and ".join(f"'{name}'" for name in group)


# --- preprocessing --------------------------------------------------------------------------------------------------


def fit(columns: Sequence[Column], rows: np.ndarray, scaling: str) -> list[dict[str, Any]]:
    """Fit imputation, one-hot encoding and scaling on the training rows, with scikit-learn's ColumnTransformer.

    Parameters
    ----------
    columns : list of mapping
        Name and kind of each column, and its ``levels`` if it is a category.
    rows : ndarray ``(n, columns)``
        Training rows; a category as codes of its levels, NaN if missing.
    scaling : {"standard", "minmax", "none"}

    Returns
    -------
    list of dict
        Fitted columns, as described in `layerwise.data.columns`.
    """
    transformer = column_transformer(columns, rows, scaling).fit(rows)
    return [_fitted(column, place, transformer.named_transformers_, scaling) for place, column in enumerate(columns)]


def column_transformer(columns: Sequence[Column], rows: np.ndarray, scaling: str) -> Any:
    """Return the ColumnTransformer of a table, not fitted, whose output has the order of the columns."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler

    scaler = {"standard": StandardScaler, "minmax": MinMaxScaler, "none": partial(FunctionTransformer, validate=True)}
    missing = np.isnan(rows).any(axis=0)
    steps: list[tuple[str, Any, list[int]]] = []
    for place, column in enumerate(columns):
        if column["kind"] == "category":
            encoder = OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                min_frequency=max(2, len(rows) // 100),
                max_categories=MOST_LEVELS,
                sparse_output=False,
            )
            filled = SimpleImputer(strategy="constant", fill_value=len(column["levels"]), keep_empty_features=True)
            steps.append((f"{place}", make_pipeline(filled, encoder), [place]))
            continue
        filled = SimpleImputer(strategy="median", keep_empty_features=True)
        steps.append((f"{place}", make_pipeline(filled, scaler[scaling]()), [place]))
        if missing[place]:
            steps.append((f"{place} missing", MissingIndicator(features="all"), [place]))
    return ColumnTransformer(steps)


def _fitted(column: Column, place: int, fitted: Mapping[str, Any], scaling: str) -> dict[str, Any]:
    """Return a fitted column as plain values."""
    imputer, step = (pipeline_step for _, pipeline_step in fitted[f"{place}"].steps)
    if column["kind"] == "category":
        rare = step.infrequent_categories_[0]
        frequent = [code for code in step.categories_[0] if rare is None or code not in rare]
        levels = [*column["levels"], None]
        return {**column, "levels": [levels[int(code)] for code in frequent], "other": rare is not None}
    mean, scale = 0.0, 1.0
    if scaling == "standard":
        mean, scale = float(step.mean_[0]), float(step.scale_[0])
    elif scaling == "minmax":
        mean, scale = float(step.data_min_[0]), float(1 / step.scale_[0])
    fill = float(imputer.statistics_[0])
    return {**column, "fill": fill, "mean": mean, "scale": scale, "indicator": f"{place} missing" in fitted}


def coded(column: Column, fitted: Column, values: np.ndarray) -> np.ndarray:
    """Return the values of a column with the codes of all its levels replaced by those of its fitted levels."""
    if column["kind"] != "category":
        return values
    code = {level: number for number, level in enumerate(fitted["levels"])}
    lookup = np.array([code.get(level, -1) for level in [*column["levels"], None]], dtype=float)
    return lookup[np.where(np.isnan(values), len(column["levels"]), values).astype(int)]


LOADERS = {"csv": csv}
