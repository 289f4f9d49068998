"""Metrics of a split, in NumPy because importing scikit-learn takes longer than evaluating most models.

The tests verify that all metrics that scikit-learn also provides agree with it bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

ECE_BINS = 15


def class_probabilities(p: np.ndarray) -> np.ndarray:
    """Return probabilities ``(n, classes)``, adding the first class if only those of the second ``(n,)`` are given."""
    return np.column_stack([1 - p, p]) if p.ndim == 1 else p


def classification(y: np.ndarray, p: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Compute classification metrics from predicted probabilities.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Class indices.
    p : ndarray, shape (n, classes), or (n,) for two classes
        Probabilities; those of the second class if one-dimensional.
    names : sequence of str
        Names of the classes.

    Returns
    -------
    dict
        ``accuracy``; ``precision_macro``, ``recall_macro`` and ``f1_macro``, unweighted means over the classes, with 0
        for an undefined precision or recall; ``roc_auc`` and ``pr_auc`` (average precision), of the second class for
        two classes, else the one-vs-rest mean over the classes present, None if undefined; ``log_loss`` (nats);
        ``brier`` (Brier 1950; in [0, 2], but halved to [0, 1] for two classes); ``ece``, see
        :func:`calibration_error`; ``per_class``; ``confusion_matrix``, whose rows are the true classes.
    """
    probabilities = class_probabilities(p)
    classes = range(probabilities.shape[1])
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(y, predicted, len(classes))
    hits, support, predictions = np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = hits / np.maximum(predictions, 1), hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + predictions, 1)
    areas = [curve_areas(y == k, probabilities[:, k]) for k in classes]
    relevant = areas[1:] if len(classes) == 2 else areas
    return {
        "accuracy": float(np.mean(y == predicted)),
        "precision_macro": float(precision.mean()),
        "recall_macro": float(recall.mean()),
        "f1_macro": float(f1.mean()),
        "roc_auc": _mean([roc for roc, _ in relevant]),
        "pr_auc": _mean([pr for _, pr in relevant]),
        "log_loss": float(log_losses(y, probabilities).mean()),
        "brier": float(brier_terms(y, probabilities).mean()),
        "ece": calibration_error(y, probabilities),
        "per_class": {
            str(names[k]): {
                "precision": float(precision[k]),
                "recall": float(recall[k]),
                "f1": float(f1[k]),
                "roc_auc": areas[k][0],
                "pr_auc": areas[k][1],
                "support": int(support[k]),
            }
            for k in classes
        },
        "confusion_matrix": confusion.tolist(),
    }


def regression(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Measure predicted values ``(n, …)`` against targets of the same shape: ``mse``, ``rmse``, ``mae``, ``r2``.

    The last is the mean over the columns; a column that never changes counts 1 where it is predicted exactly, else 0.
    """
    y, p = (values.reshape(len(values), -1).astype(np.float64) for values in (y, p))
    error, spread = ((y - p) ** 2).sum(axis=0), ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    explained = 1 - error / np.where(spread > 0, spread, np.where(error > 0, error, 1))
    mse, mae = (float(values.mean(axis=0).mean()) for values in ((y - p) ** 2, np.abs(y - p)))
    return {"mse": mse, "rmse": mse**0.5, "mae": mae, "r2": float(explained.mean())}


def confusion_matrix(y: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return the number of examples per true class (row) and predicted class (column)."""
    return np.bincount(y * classes + predicted, minlength=classes**2).reshape(classes, classes)


def log_losses(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the negative log-probability of each example's class ``(n,)``, clipped to [eps, 1 − eps]."""
    epsilon = np.finfo(probabilities.dtype).eps
    return -np.log(np.clip(probabilities[np.arange(len(y)), y], epsilon, 1 - epsilon))


def brier_terms(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the Brier score of each example ``(n,)``, halved for two classes."""
    squared = ((probabilities - np.eye(probabilities.shape[1])[y]) ** 2).sum(axis=1)
    return squared / 2 if probabilities.shape[1] == 2 else squared


def calibration_error(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the expected calibration error (Guo et al. 2017, eq. 3) with 15 bins of equal width.

    Examples are binned by confidence, the largest probability. The error is the mean over the examples of the absolute
    difference between the accuracy and the mean confidence of their bin.
    """
    return float(np.abs(calibration_terms(y, probabilities).sum(axis=0)).sum() / len(y))


def calibrated_error(probabilities: np.ndarray, draws: int = 100) -> float:
    """Return the expected calibration error of a calibrated model with these probabilities and as many examples.

    It is not zero, because the accuracy of a bin with few examples varies. Classes are drawn from the probabilities.
    """
    rng = np.random.default_rng(0)
    columns = class_probabilities(probabilities)
    thresholds = np.cumsum(columns, axis=1)
    last = columns.shape[1] - 1
    errors = []
    for _ in range(draws):
        y = np.minimum((rng.random((len(columns), 1)) > thresholds).sum(axis=1), last)
        errors.append(calibration_error(y, columns))
    return float(np.mean(errors))


def calibration_terms(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return ``correct - confidence`` of each example in the column of its bin ``(n, bins)``, 0 in the others."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == y
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)  # bins are open on the left
    return np.eye(ECE_BINS)[bins] * (correct - confidence)[:, None]


def curve_areas(positive: np.ndarray, score: np.ndarray) -> tuple[float | None, float | None]:
    """Return ROC-AUC and average precision of one class against the rest.

    Parameters
    ----------
    positive : ndarray of bool, shape (n,)
        Which examples belong to the class. If all or none do, both areas are None.
    score : ndarray, shape (n,)
        Scores of the examples, higher for the class.
    """
    if positive.all() or not positive.any():
        return None, None
    counts = ranked_counts(positive, score)
    return float(np.trapezoid(*roc_curve(*counts)[::-1])), average_precision(*precision_recall_curve(*counts))


def ranked_counts(positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of false and true positives with each distinct score as threshold, highest first.

    Both start with 0, for a threshold above all scores. Arguments as in :func:`curve_areas`.
    """
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.diff(score[order], append=-np.inf))  # the last example of each distinct score
    hits = np.cumsum(positive[order])[last]
    return np.append(0.0, last + 1 - hits), np.append(0.0, hits)


def roc_curve(false: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the false and true positive rates from :func:`ranked_counts`, without collinear points."""
    corner = np.ones(len(true), dtype=bool)
    corner[2:-1] = (np.diff(true[1:], 2) != 0) | (np.diff(false[1:], 2) != 0)
    return false[corner] / false[-1], true[corner] / true[-1]


def precision_recall_curve(false: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall from :func:`ranked_counts`, by increasing threshold, ending with 1 and 0."""
    return np.append(1.0, true[1:] / (true[1:] + false[1:]))[::-1], true[::-1] / true[-1]


def average_precision(precision: np.ndarray, recall: np.ndarray) -> float:
    """Return the sum of precision over the steps of recall, in the order of summation of scikit-learn."""
    return float(np.sum((recall[:-1] - recall[1:]) * precision[:-1]))


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None
