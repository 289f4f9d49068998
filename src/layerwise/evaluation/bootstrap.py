"""Vectorized percentile bootstrap intervals (Efron & Tibshirani 1993, ch. 13).

A resample of n examples is represented by the count of each example. All metrics are functions of weighted sums, so a
block of resamples is a matrix of counts, and most metrics are one matrix product with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from layerwise.evaluation.metrics import brier_terms, calibration_terms, class_probabilities, confusion_matrix

Interval = list[float]
_BLOCK = 100_000  # counts per block, which fit in the processor cache


def classification(
    y: np.ndarray, p: np.ndarray, resamples: int, level: float = 0.95, seed: int = 0
) -> dict[str, Interval]:
    """Return an interval for each scalar metric of :func:`layerwise.evaluation.metrics.classification`.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Class indices.
    p : ndarray, shape (n, classes), or (n,) for two classes
        Probabilities.
    resamples : int
        Number of resamples.
    level : float
        Nominal coverage.
    seed : int
        Seed of the resampling.
    """
    rng = np.random.default_rng(seed)
    probabilities = class_probabilities(p)
    classes = probabilities.shape[1]
    p_true = np.clip(probabilities[np.arange(len(y)), y], np.finfo(probabilities.dtype).eps, 1)
    means = np.column_stack([-np.log(p_true), brier_terms(y, probabilities)])
    calibration = calibration_terms(y, probabilities)
    positives = range(1, 2) if classes == 2 else range(classes)
    areas = [_area_measure(y == k, probabilities[:, k]) for k in positives]

    def measure(counts: np.ndarray) -> np.ndarray:
        ece = np.abs(counts @ calibration).sum(axis=1) / len(y)
        with np.errstate(invalid="ignore", divide="ignore"):
            area = np.array([area(counts) for area in areas])  # (classes, 2, block)
        present = np.isfinite(area)
        area = np.where(present, area, 0).sum(axis=0) / np.maximum(present.sum(axis=0), 1)
        return np.column_stack([counts @ means / len(y), ece, *area])

    confusion = confusion_matrix(y, probabilities.argmax(axis=1), classes)
    samples = np.column_stack(
        [
            _confusion_measures(confusion, resamples, rng),
            np.concatenate([measure(counts) for counts in _counts(len(y), resamples, rng)]),
        ]
    )
    names = ["accuracy", "precision_macro", "recall_macro", "f1_macro", "log_loss", "brier", "ece", "roc_auc", "pr_auc"]
    return _percentiles(names, samples, level)


def regression(y: np.ndarray, p: np.ndarray, resamples: int, level: float = 0.95, seed: int = 0) -> dict[str, Interval]:
    """Return an interval for each metric of :func:`layerwise.evaluation.metrics.regression`.

    The bootstrap assumes independent examples. Intervals for overlapping windows of a series are too narrow.
    """
    rng = np.random.default_rng(seed)
    y = y.reshape(len(y), -1).astype(np.float64)
    error = p.reshape(y.shape) - y
    y = y - y.mean(axis=0)
    means = np.column_stack([(error**2).mean(axis=1), np.abs(error).mean(axis=1)])

    def measure(counts: np.ndarray) -> np.ndarray:
        mse, mae = (counts @ means / len(y)).T
        spread = counts @ y**2 - (counts @ y) ** 2 / len(y)
        r2 = 1 - counts @ error**2 / np.maximum(spread, np.finfo(float).tiny)
        return np.column_stack([mse, np.sqrt(mse), mae, r2.mean(axis=1)])

    samples = np.concatenate([measure(counts) for counts in _counts(len(y), resamples, rng)])
    return _percentiles(["mse", "rmse", "mae", "r2"], samples, level)


def _counts(n: int, resamples: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the counts of each example in blocks ``(resamples in the block, n)``."""
    block = max(1, _BLOCK // n)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def _percentiles(names: Sequence[str], samples: np.ndarray, level: float) -> dict[str, Interval]:
    tail = 50 * (1 - level)
    low, high = np.percentile(samples, [tail, 100 - tail], axis=0)
    return {name: [float(low[i]), float(high[i])] for i, name in enumerate(names)}


def _confusion_measures(confusion: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return accuracy and macro precision, recall and F1 of resampled confusion matrices ``(resamples, 4)``.

    The confusion matrix of a resample is a multinomial draw from the observed one.
    """
    n, classes = confusion.sum(), len(confusion)
    drawn = rng.multinomial(n, confusion.ravel() / n, size=resamples).reshape(resamples, classes, classes)
    hits, true, predicted = np.diagonal(drawn, axis1=1, axis2=2), drawn.sum(axis=2), drawn.sum(axis=1)
    precision, recall = hits / np.maximum(predicted, 1), hits / np.maximum(true, 1)
    f1 = 2 * hits / np.maximum(true + predicted, 1)
    return np.column_stack([hits.sum(axis=1) / n, *(values.mean(axis=1) for values in (precision, recall, f1))])


def _area_measure(positive: np.ndarray, score: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from counts ``(block, n)`` to ROC-AUC and average precision ``(2, block)``.

    Both are sums over the distinct scores in decreasing order, which is computed once. Consecutive scores of negatives
    only are merged, which does not change the sums.
    """
    order = np.argsort(-score, kind="stable")
    sign = positive[order]
    starts = np.flatnonzero(np.diff(score[order], prepend=np.inf))
    mixed = np.logical_or.reduceat(sign, starts)
    starts = starts[mixed | np.roll(mixed, 1) | (starts == 0)]

    def measure(counts: np.ndarray) -> np.ndarray:
        counts = counts[:, order]
        hits = np.add.reduceat(counts * sign, starts, axis=1)
        both = np.add.reduceat(counts, starts, axis=1)
        true, seen = hits.cumsum(axis=1), both.cumsum(axis=1)
        positives, negatives = true[:, -1], seen[:, -1] - true[:, -1]
        roc = ((both - hits) * (true - hits / 2)).sum(axis=1) / (positives * negatives)
        return np.stack([roc, (hits * true / np.maximum(seen, 1)).sum(axis=1) / positives])

    return measure
