"""What every source returns, before splitting and scaling."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

DIGITS = [str(digit) for digit in range(10)]


@dataclass
class Examples:
    """Examples, their targets, and what is known about them.

    Attributes
    ----------
    kind : {"table", "image", "text", "series"}
    x : ndarray or list of str
        float ``(n, features)``, uint8 ``(n, height, width, channels)``, n texts, or float ``(n, steps, channels)``.
    y : ndarray
        int class indices ``(n,)``, or float targets ``(n, …)`` where ``class_names`` is None.
    class_names : list of str or None
    feature_names : list of str or None
    part : ndarray of str ``(n,)`` or None
        Where the source fixes it, the split of each example: "train", "validation", "test", or "learn" where
        training and validation are not told apart. None: a pool from which all three are drawn.
    groups : ndarray ``(n,)`` or None
        Examples of one group never go to two splits.
    extras : dict of str to ndarray ``(n, …)``
        Stored beside ``x`` and ``y``, e.g. the time of each target.
    reference : ndarray ``(rows, channels)`` or None
        What scaling is fitted on where that is not the training ``x`` itself: the training stretch of a series
        that is cut into overlapping windows.
    inputs : list of {"file", "sha256"}
        What was read.
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
