"""A user's text file with one label and text per row."""

from __future__ import annotations

import csv
import io
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.data.decoding import decoded
from layerwise.data.examples import Examples
from layerwise.pipeline.files import sha256
from layerwise.suggest import nearest

TABBED = (".tsv", ".tab", ".txt")
LABELS = ("label", "class", "category", "target", "sentiment", "topic", "tag", "type", "labels", "y")
TEXTS = ("text", "message", "review", "sentence", "content", "document", "comment", "tweet", "question", "texts")
Row = tuple[int, list[str]]  # the line in the file, counted from 1, and the fields


def texts(spec: dict[str, Any]) -> Examples:
    """Read rows of a label and a text.

    If there is a header, ``label`` and ``column`` name the two columns in it, by default the usual names in any case,
    such as "Label" and "message"; other columns are ignored. Without a header there must be two columns, the label
    first. Columns are separated by commas, or by tabs (and quotes are not special) in files named ``*.tsv``, ``*.tab``
    or ``*.txt``; ``separator`` overrides this. Characters are composed (Unicode NFC).

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or a row is invalid. The message names the file and the line.
    """
    path = spec["text"]
    separator = spec["separator"] or ("\t" if Path(path).suffix.lower() in TABBED else ",")
    rows = _rows(path, unicodedata.normalize("NFC", decoded(path, spec["encoding"])), separator)
    (label, column), header = _columns(path, rows, spec, separator)
    pairs = [_pair(path, row, label, column, len(rows[0][1])) for row in rows[header:]]
    names = sorted(
        {name for name, _ in pairs}, key=lambda name: (not _whole(name), int(name) if _whole(name) else name)
    )
    if len(names) > len(pairs) / 2 > 1:
        raise ValueError(
            f"{path}: labels must repeat, got {len(names)} different ones in {len(pairs)} rows; the label must be the "
            "first column, or be named in a header"
        )
    if len(names) < 2:
        got = f"only '{names[0]}'" if names else "no rows below the header"
        raise ValueError(f"{path}: must have at least two classes, got {got}")
    index = {name: k for k, name in enumerate(names)}
    y = np.array([index[name] for name, _ in pairs])
    return Examples("text", [text for _, text in pairs], y, names, inputs=[{"file": path, "sha256": sha256(path)}])


def _rows(path: str, text: str, separator: str) -> list[Row]:
    """Return the rows that are not blank."""
    csv.field_size_limit(sys.maxsize)  # allow long documents
    if text.lstrip().startswith(("{", "[{")):
        raise ValueError(f"{path}: must hold rows of a label and a text, got JSON")
    if separator in '"\r\n':
        raise ValueError(f"{path}: separator must not be a quote or a line break, got {separator!r}")
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
    label = _column(path, names, spec["label"], LABELS)
    column = _column(path, names, spec["column"], TEXTS)
    if label is not None and label == column:
        raise ValueError(f"{path}: the label and the text must be different columns, got '{names[label]}' for both")
    named = bool(spec["label"] or spec["column"])
    if len(first) == 2 and (label is None) != (column is None):
        label, column = (label, 1 - label) if column is None else (1 - column, column)  # type: ignore[operator]
    if label is not None and column is not None and (named or not (_recurs(rows, label) or _recurs(rows, column))):
        return (label, column), 1
    if len(first) != 2 or named:
        other = next((f"; set separator: {mark!r}" for mark in "\t;|," if len(first) == 1 and mark in names[0]), "")
        raise ValueError(
            f"{path}, line {line}: must have two columns separated by {separator!r}, a label and a text, or a header "
            f"that names them (see the keys 'label', 'column' and 'separator'), got {len(first)} column(s){other}"
        )
    if len(rows) > 1 and not _recurs(rows, 0):
        raise ValueError(
            f"{path}, line {line}: the label '{names[0]}' must occur again; if the line is a header, name its columns "
            "with the keys 'label' and 'column'"
        )
    return (0, 1), 0


def _column(path: str, names: list[str], name: str | None, usual: Sequence[str]) -> int | None:
    """Return the index of a column in the header, given its name or the usual ones; None if none of these occurs."""
    if name is None:
        lowered = [known.lower() for known in names]
        at = next((lowered.index(word) for word in usual if word in lowered), None)
        if at is None:
            return None
        name = names[at]
    if names.count(name) > 1:
        raise ValueError(f"{path}: column '{name}' must occur once in the header, got it {names.count(name)} times")
    if name not in names:
        raise ValueError(f"{path}: no column '{name}' in the header{nearest(name, names)}")
    return names.index(name)


def _recurs(rows: list[Row], column: int) -> bool:
    """Return whether the value of a column in the first row occurs in it again."""
    value = rows[0][1][column].strip()
    return any(len(fields) > column and fields[column].strip() == value for _, fields in rows[1:])


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
    return len(name) <= 15 and name.isascii() and name.removeprefix("-").isdecimal()


LOADERS = {"text": texts}
