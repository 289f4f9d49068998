"""What is measured on a split, by scikit-learn wherever it has the measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import metrics as sk

ECE_BINS = 15


def class_probabilities(p: np.ndarray) -> np.ndarray:
    """Return probabilities ``(n, classes)``; those of the second of two classes ``(n,)`` gain the first's column."""
    return np.column_stack([1 - p, p]) if p.ndim == 1 else p


def classification(y: np.ndarray, p: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Measure predicted probabilities against labels.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Class indices.
    p : ndarray, shape (n, classes), or (n,) for two classes
        Probabilities; those of the second class when one-dimensional.
    names : sequence of str
        Names of the classes.

    Returns
    -------
    dict
        ``accuracy``; ``precision_macro``, ``recall_macro`` and ``f1_macro``, unweighted means over the classes, 0 where
        a class was never predicted; ``roc_auc`` and ``pr_auc`` (average precision), of the second class when there are
        two, else the mean of one class against the rest over the classes present, None if undefined; ``log_loss``
        (nats); ``brier`` (Brier 1950; halved for two classes, so in [0, 1] there and in [0, 2] else);
        ``ece``, see :func:`calibration_error`; ``per_class``; ``confusion_matrix``, rows are the true classes.
    """
    probabilities = class_probabilities(p)
    classes = range(probabilities.shape[1])
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, support = sk.precision_recall_fscore_support(y, predicted, labels=classes, zero_division=0)
    areas = [_areas(y == k, probabilities[:, k]) for k in classes]
    relevant = areas[1:] if len(classes) == 2 else areas
    return {
        "accuracy": float(sk.accuracy_score(y, predicted)),
        "precision_macro": float(precision.mean()),
        "recall_macro": float(recall.mean()),
        "f1_macro": float(f1.mean()),
        "roc_auc": _mean([roc for roc, _ in relevant]),
        "pr_auc": _mean([pr for _, pr in relevant]),
        "log_loss": float(sk.log_loss(y, probabilities, labels=classes)),
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
        "confusion_matrix": sk.confusion_matrix(y, predicted, labels=classes).tolist(),
    }


def regression(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Measure predicted values ``(n, …)`` against targets of the same shape: ``mse``, ``rmse``, ``mae``, ``r2``."""
    y, p = y.reshape(len(y), -1), p.reshape(len(p), -1)
    mse = float(sk.mean_squared_error(y, p))
    return {"mse": mse, "rmse": mse**0.5, "mae": float(sk.mean_absolute_error(y, p)), "r2": float(sk.r2_score(y, p))}


def brier_terms(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return each example's squared distance from the one-hot truth, halved for two classes ``(n,)``."""
    squared = ((probabilities - np.eye(probabilities.shape[1])[y]) ** 2).sum(axis=1)
    return squared / 2 if probabilities.shape[1] == 2 else squared


def calibration_error(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the expected calibration error (Guo et al. 2017, eq. 3) with 15 bins of equal width.

    Examples are binned by confidence, the largest probability; the error is the mean over the examples of the
    distance between a bin's accuracy and its mean confidence.
    """
    return float(np.abs(calibration_terms(y, probabilities).sum(axis=0)).sum() / len(y))


def calibration_terms(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return ``correct - confidence`` of each example in the column of its bin, zero elsewhere ``(n, bins)``."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == y
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)  # bins are open on the left
    return np.eye(ECE_BINS)[bins] * (correct - confidence)[:, None]


def _areas(positive: np.ndarray, score: np.ndarray) -> tuple[float | None, float | None]:
    """Return ROC-AUC and average precision of one class against the rest; None where one of the two is absent."""
    if positive.all() or not positive.any():
        return None, None
    return float(sk.roc_auc_score(positive, score)), float(sk.average_precision_score(positive, score))


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None
