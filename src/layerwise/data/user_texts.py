"""A user's text file with one label and text per row."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.data.examples import Examples
from layerwise.pipeline.files import sha256
from layerwise.suggest import nearest

TABBED = (".tsv", ".tab", ".txt")
Row = tuple[int, list[str]]  # the line in the file, counted from 1, and the fields


def texts(spec: dict[str, Any]) -> Examples:
    """Read rows of a label and a text.

    If there is a header, ``label`` and ``column`` (by default "label" and "text") name the two columns in it, and other
    columns are ignored. Without a header there must be two columns, the label first. Columns are separated by commas,
    or by tabs (and quotes are not special) in files named ``*.tsv``, ``*.tab`` or ``*.txt``; ``separator`` overrides
    this.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or a row is invalid. The message names the file and the line.
    """
    path = spec["text"]
    separator = spec["separator"] or ("\t" if Path(path).suffix.lower() in TABBED else ",")
    rows = _rows(path, _decoded(path, spec["encoding"]), separator)
    (label, column), header = _columns(path, rows, spec, separator)
    pairs = [_pair(path, row, label, column, len(rows[0][1])) for row in rows[header:]]
    names = sorted(
        {name for name, _ in pairs}, key=lambda name: (not _whole(name), int(name) if _whole(name) else name)
    )
    if len(names) < 2:
        got = f"only '{names[0]}'" if names else "no rows below the header"
        raise ValueError(f"{path}: must have at least two classes, got {got}")
    index = {name: k for k, name in enumerate(names)}
    y = np.array([index[name] for name, _ in pairs])
    return Examples("text", [text for _, text in pairs], y, names, inputs=[{"file": path, "sha256": sha256(path)}])


def _decoded(path: str, encoding: str) -> str:
    """Return the text of a file, without a byte order mark."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file")
    data = Path(path).read_bytes()
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise ValueError(
            f"{path}: encoding must be one that Python knows, e.g. utf-8 or latin-1, got '{encoding}'"
        ) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not valid {encoding}; save the file in UTF-8, or "
            "set its encoding, e.g. 'encoding: latin-1'"
        ) from None


def _rows(path: str, text: str, separator: str) -> list[Row]:
    """Return the rows that are not blank."""
    csv.field_size_limit(sys.maxsize)  # allow long documents
    rows, start = [], 1
    try:
        file = io.StringIO(text, newline="")
        quoting: Any = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
        reader = csv.reader(file, delimiter=separator, quoting=quoting, strict=True)
        for fields in reader:
            if any(field.strip() for field in fields):
                rows.append((start, fields))
            start = reader.line_num + 1
    except (csv.Error, TypeError) as error:
        raise ValueError(
            f"{path}, line {start}: must be a row of columns separated by {separator!r} ({error})"
        ) from None
    if not rows:
        raise ValueError(f"{path}: file is empty; each row must hold a label and a text")
    return rows


def _columns(path: str, rows: list[Row], spec: dict[str, Any], separator: str) -> tuple[tuple[int, int], int]:
    """Return the indices of the label and text columns, and the number of header rows (0 or 1)."""
    line, first = rows[0]
    names = [field.strip() for field in first]
    label, column = spec["label"] or "label", spec["column"] or "text"
    if label in names and column in names:
        return (names.index(label), names.index(column)), 1
    if spec["label"] or spec["column"]:
        missing = label if label not in names else column
        raise ValueError(f"{path}: no column '{missing}' in the header{nearest(missing, names)}")
    if len(first) != 2:
        raise ValueError(
            f"{path}, line {line}: must have two columns separated by {separator!r}, a label and a text, or a header "
            f"that names them (see the keys 'label', 'column' and 'separator'), got {len(first)} column(s)"
        )
    return (0, 1), 0


def _pair(path: str, row: Row, label: int, column: int, width: int) -> tuple[str, str]:
    """Return the label and the text of a row."""
    line, fields = row
    if len(fields) != width:
        raise ValueError(
            f"{path}, line {line}: must have {width} columns like the first row, got {len(fields)}; in a "
            "comma-separated file, quote a text that contains commas"
        )
    name, text = fields[label].strip(), fields[column].strip()
    if not name or not text:
        raise ValueError(
            f"{path}, line {line}: the {'text' if name else 'label'} is empty; fill it in or remove the row"
        )
    return name, text


def _whole(name: str) -> bool:
    return name.removeprefix("-").isdecimal()


LOADERS = {"text": texts}
