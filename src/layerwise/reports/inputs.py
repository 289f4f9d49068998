"""Inputs of the classification studies: the splits of one dataset, class and feature selection, resampling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

Split = tuple[np.ndarray, np.ndarray]
Splits = dict[str, Split]
Data = Mapping[str, Mapping[str, Split]]


def only(data: Data, dtype: type = np.float64) -> Splits:
    """Return the splits of the only dataset, with flat features ``(n, d)`` in ``dtype`` and classes ``(n,)``.

    Raises
    ------
    ValueError
        If there is not exactly one dataset, or its targets are not classes, or its features are not floats.
    """
    if len(data) != 1:
        raise ValueError(f"data: this study takes exactly one dataset, got {len(data)}: {', '.join(data)}")
    [(name, splits)] = data.items()
    return {split: flat(name, *arrays, dtype) for split, arrays in splits.items()}


def flat(name: str, x: np.ndarray, y: np.ndarray, dtype: type = np.float64) -> Split:
    """Return features ``(n, d)`` in ``dtype`` and classes ``(n,)``.

    Raises
    ------
    ValueError
        If the targets are not classes, or the features are not floats; the message names the dataset.
    """
    if y.dtype.kind not in "iu":
        raise ValueError(f"dataset '{name}': targets must be classes in this study, got real numbers ({y.dtype})")
    if x.dtype.kind != "f":
        raise ValueError(f"dataset '{name}': examples must be numbers or images in this study, got words ({x.dtype})")
    return x.reshape(len(x), -1).astype(dtype), y


def pooled(splits: Splits) -> Split:
    """Return the examples of all splits together."""
    return np.concatenate([x for x, _ in splits.values()]), np.concatenate([y for _, y in splits.values()])


def rarest(y: np.ndarray) -> int:
    """Return the class with the fewest examples, the positive class of a binary study."""
    return int(np.argmin(np.bincount(y)))


def strongest(x: np.ndarray, y: np.ndarray, count: int = 2) -> list[int]:
    """Return the features most correlated with the rarest class, the strongest first."""
    target = y == rarest(y)
    spread = x.std(axis=0)
    covariance = ((x - x.mean(axis=0)) * (target - target.mean())[:, None]).mean(axis=0)
    return [int(i) for i in np.argsort(-np.abs(covariance) / np.where(spread > 0, spread, np.inf), kind="stable")][
        :count
    ]


def bootstraps(x: np.ndarray, y: np.ndarray, repeats: int) -> Iterator[Split]:
    """Yield the data themselves and then stratified bootstrap resamples of them, ordered by class."""
    for repeat in range(repeats):
        rng = np.random.default_rng(repeat)
        members = [np.flatnonzero(y == k) for k in np.unique(y)]
        rows = np.concatenate([rng.choice(rows, len(rows)) if repeat else rows for rows in members])
        yield x[rows], y[rows]


def named(measure: str, settings, arrays) -> dict[str, np.ndarray]:
    """Return ``measure.setting`` → array for each setting; claims and tables select the arrays by this name."""
    return {f"{measure}.{setting}": np.asarray(array) for setting, array in zip(settings, arrays, strict=True)}
