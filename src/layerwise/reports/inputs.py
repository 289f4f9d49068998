"""What studies of classification share: the one dataset they are about, classes, and new draws of the same data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

Split = tuple[np.ndarray, np.ndarray]
Splits = dict[str, Split]
Data = Mapping[str, Mapping[str, Split]]


def only(data: Data, dtype: type = np.float64) -> Splits:
    """Return the splits of the only dataset: features flat ``(n, d)`` in ``dtype``, classes ``(n,)``.

    Raises
    ------
    ValueError
        If there is another number of datasets, or its targets are not classes, or its examples not numbers.
    """
    if len(data) != 1:
        raise ValueError(f"the study is about one dataset, got {len(data)}: {', '.join(data)}")
    [(name, splits)] = data.items()
    return {split: flat(name, *arrays, dtype) for split, arrays in splits.items()}


def flat(name: str, x: np.ndarray, y: np.ndarray, dtype: type = np.float64) -> Split:
    """Return features ``(n, d)`` in ``dtype`` and classes ``(n,)``, or say why this dataset has none."""
    if y.dtype.kind not in "iu":
        raise ValueError(f"dataset '{name}': its targets are numbers to predict; this study is about classes")
    if x.dtype.kind != "f":
        raise ValueError(f"dataset '{name}': its examples are words; this study is about numbers and images")
    return x.reshape(len(x), -1).astype(dtype), y


def pooled(splits: Splits) -> Split:
    """Return all examples of all splits."""
    return np.concatenate([x for x, _ in splits.values()]), np.concatenate([y for _, y in splits.values()])


def rarest(y: np.ndarray) -> int:
    """Return the class with the fewest examples, the one that a yes-or-no question is about."""
    return int(np.argmin(np.bincount(y)))


def strongest(x: np.ndarray, y: np.ndarray, count: int = 2) -> list[int]:
    """Return the features that correlate most with the rarest class, the strongest first."""
    target = y == rarest(y)
    spread = x.std(axis=0)
    covariance = ((x - x.mean(axis=0)) * (target - target.mean())[:, None]).mean(axis=0)
    return [int(i) for i in np.argsort(-np.abs(covariance) / np.where(spread > 0, spread, np.inf), kind="stable")][
        :count
    ]


def bootstraps(x: np.ndarray, y: np.ndarray, repeats: int) -> Iterator[Split]:
    """Yield the data drawn anew with replacement, class by class so that none is lost; the first time as they are."""
    for repeat in range(repeats):
        rng = np.random.default_rng(repeat)
        members = [np.flatnonzero(y == k) for k in np.unique(y)]
        rows = np.concatenate([rng.choice(rows, len(rows)) if repeat else rows for rows in members])
        yield x[rows], y[rows]


def named(measure: str, settings, arrays) -> dict[str, np.ndarray]:
    """Return ``measure.setting`` → array, one for each setting: what a claim or a table picks by name."""
    return {f"{measure}.{setting}": np.asarray(array) for setting, array in zip(settings, arrays, strict=True)}
