"""Predictions as the columns of a CSV file, for people and spreadsheets. Needs only NumPy."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from layerwise.evaluation.metrics import class_probabilities

MOST_CLASSES = 20  # with a column of probabilities each; of more classes, only that of the predicted one is listed


def header(description: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns of `values` for a dataset, given the contents of its ``dataset.json``."""
    names = description["class_names"]
    if names is None:
        return ["predicted"]
    shown = [f"probability of {name}" for name in names] if len(names) <= MOST_CLASSES else ["probability"]
    return ["predicted", *shown]


def values(description: Mapping[str, Any], p: np.ndarray) -> list[list[Any]]:
    """Return the columns of predictions: class and probabilities, or the value in the units of the target.

    Parameters
    ----------
    description : mapping
        Contents of ``dataset.json``.
    p : ndarray
        Probabilities ``(n, classes)``, of the second of two classes ``(n,)``, or scaled values ``(n, 1)``.
    """
    names = description["class_names"]
    if names is None:
        return [unscaled(description, p).tolist()]
    p = class_probabilities(np.asarray(p, dtype=np.float64))
    predicted = p.argmax(axis=1)
    shown = p.T if len(names) <= MOST_CLASSES else p.max(axis=1)[None]
    return [[names[k] for k in predicted], *[[f"{value:.6g}" for value in column] for column in shown]]


def unscaled(description: Mapping[str, Any], y: np.ndarray) -> np.ndarray:
    """Return targets ``(n, 1)`` in their original units ``(n,)``, in float64."""
    target = description["scaling"]["target"]
    return y.reshape(len(y), -1)[:, 0].astype(np.float64) * target["scale"][0] + target["mean"][0]


def text(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a CSV file as text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return buffer.getvalue()
