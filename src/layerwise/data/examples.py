"""The data structure that every source returns, before splitting and scaling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

DIGITS = [str(digit) for digit in range(10)]


@dataclass
class Examples:
    """Examples, their targets and metadata.

    Attributes
    ----------
    kind : {"table", "image", "text", "series"}
    x : ndarray or list of str
        Table: float ``(n, features)``; images: uint8 ``(n, height, width, channels)``; text: n strings; series:
        float ``(n, steps, channels)``.
    y : ndarray
        int class indices ``(n,)``, or float targets ``(n, …)`` if ``class_names`` is None.
    class_names : list of str or None
    feature_names : list of str or None
    part : ndarray of str ``(n,)`` or None
        Predefined split of each example: "train", "validation", "test", or "learn" for training and validation
        combined. None: all three splits are drawn from the examples.
    groups : ndarray ``(n,)`` or None
        Group of each example. Examples of one group stay in one split.
    extras : dict of str to ndarray ``(n, …)``
        Arrays stored with ``x`` and ``y``, e.g. the time of each target.
    reference : ndarray ``(rows, channels)`` or None
        Rows to fit the scaling on instead of the training ``x``: the training part of a series that is cut into
        overlapping windows.
    inputs : list of {"file", "sha256"}
        Files that were read.
    columns : list of mapping or None
        Name and kind of each column of a user's table, whose ``x`` is not yet encoded (`layerwise.data.tables`).
    findings : list of mapping
        What was found in a user's table and what was done about it.
    """

    kind: str
    x: np.ndarray | list[str]
    y: np.ndarray
    class_names: list[str] | None = None
    feature_names: list[str] | None = None
    part: np.ndarray | None = None
    groups: np.ndarray | None = None
    extras: dict[str, np.ndarray] = field(default_factory=dict)
    reference: np.ndarray | None = None
    inputs: list[dict[str, str]] = field(default_factory=list)
    columns: list[dict[str, Any]] | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
