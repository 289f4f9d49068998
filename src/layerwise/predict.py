"""Predictions for new rows of a CSV file, with a model and the preprocessing stored for it. Needs only NumPy."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.data import columns
from layerwise.evaluation import outcomes
from layerwise.evaluation.run import probabilities
from layerwise.pipeline.files import read_json, sha256
from layerwise.suggest import nearest


def predict(model: Path, file: Path, dataset: Path | None = None) -> str:
    """Return the predictions for the rows of a CSV file, as CSV.

    Parameters
    ----------
    model : path
        Folder of a NumPy run on a user's table, ``results/runs/<experiment>/numpy/seed-<n>``, or its ``model.npz``.
    file : path
        CSV file with a header that has the columns of the table, in any order; others are ignored.
    dataset : path, optional
        ``dataset.json`` with the preprocessing; by default that of the run in the same ``results`` folder.

    Returns
    -------
    str
        One line per row: its number, from 1; the predicted class and the probabilities, or the predicted value.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read or does not fit the model. The message names the file, the column and the row.
    """
    folder = model.parent if model.name == "model.npz" else model
    if not (folder / "model.npz").is_file():
        raise ValueError(
            f"{folder}: must be the folder of a NumPy run with a model.npz, as results/runs/…/numpy/seed-0"
        )
    provenance = read_json(folder / "provenance.json")
    description = preprocessing(folder, provenance, dataset)
    cells = read(file, description["columns"], description["preparation"]["separator"])
    try:
        values = [columns.values_of(column, cells[column["name"]]) for column in description["columns"]]
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    x = columns.features(description["columns"], values)
    outputs = np.asarray(nn.load_model(folder / "model.npz").predict(x, batch_size=1024, verbose=0))
    p = probabilities(outputs, description["task"], bool(provenance["spec"]["loss"].get("from_logits", False)))
    rows = zip(range(1, len(x) + 1), *outcomes.values(description, p))
    return outcomes.text(["row", *outcomes.header(description)], rows)


def preprocessing(folder: Path, provenance: Mapping[str, Any], dataset: Path | None) -> dict[str, Any]:
    """Return the contents of the ``dataset.json`` that a run was trained with.

    Raises
    ------
    ValueError
        If it is missing, has changed since, or is not that of a user's CSV table.
    """
    path = dataset or folder.resolve().parents[3] / "data" / provenance["dataset"] / "dataset.json"
    if not path.is_file():
        raise ValueError(f"{path}: no such file; it holds the preprocessing of {folder} (name it with --dataset)")
    if sha256(path) != provenance["inputs"].get("dataset.json"):
        raise ValueError(f"{path}: the preprocessing has changed since {folder} was trained; train the model again")
    description = read_json(path)
    if "columns" not in description:
        raise ValueError(f"{path}: must describe a user's CSV table, but '{description['name']}' is none")
    return description


def fields(lines: Iterable[str], separator: str) -> Iterable[list[str]]:
    r"""Return the fields of each line; several characters are a literal separator, except ``\s+`` for any spaces."""
    if len(separator) == 1:
        return csv.reader(lines, delimiter=separator, skipinitialspace=True)
    pattern = separator if separator == r"\s+" else re.escape(separator)
    return (re.split(pattern, line.strip()) for line in lines)


def read(file: Path, wanted: list[columns.Column], separator: str) -> dict[str, list[str]]:
    """Return the cells of the wanted columns of a CSV file by name.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, lacks a column, or has a row of another length than its header.
    """
    with open(file, newline="", encoding="utf-8-sig") as stream:
        try:
            header, *rows = [row for row in fields(stream, separator) if any(row)]
        except UnicodeDecodeError as error:
            raise ValueError(f"{file}: must be a CSV file in UTF-8 ({error})") from None
        except ValueError:
            raise ValueError(f"{file}: must have a header line, got an empty file") from None
    header = [name or f"Unnamed: {place}" for place, name in enumerate(header)]
    missing = [column["name"] for column in wanted if column["name"] not in header]
    if missing:
        names = ", ".join(f"'{name}'" for name in missing)
        raise ValueError(f"{file}: must have the columns of the model, but lacks {names}{nearest(missing[0], header)}")
    repeated = next((column["name"] for column in wanted if header.count(column["name"]) > 1), None)
    if repeated:
        raise ValueError(f"{file}: the header must have each name once, but has '{repeated}' more than once")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise ValueError(f"{file}: row {number}: must have {len(header)} fields, as the header, got {len(row)}")
    if not rows:
        raise ValueError(f"{file}: must have at least one row below the header")
    places = {name: place for place, name in enumerate(header)}
    return {column["name"]: [row[places[column["name"]]] for row in rows] for column in wanted}
