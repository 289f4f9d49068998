"""What every estimator here asks of its parameters and its data, in scikit-learn's way."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data


def check_number(
    estimator: BaseEstimator,
    name: str,
    *,
    kind: type = Real,
    least: float | None = None,
    above: float | None = None,
    below: float | None = None,
    or_else: Iterable[object] = (),
) -> None:
    """Raise unless the parameter is a number in the range, or one of the other values accepted.

    Raises
    ------
    ValueError
        Naming the estimator, the parameter, the value it has and the values it may have.
    """
    value = getattr(estimator, name)
    if any(value is other or (isinstance(value, str) and value == other) for other in or_else):
        return
    is_number = isinstance(value, kind) and not isinstance(value, bool)
    if (
        is_number
        and (least is None or value >= least)
        and (above is None or value > above)
        and (below is None or value < below)
        and np.isfinite(value)
    ):
        return
    limits = [f"{sign} {limit:g}" for sign, limit in [("≥", least), (">", above), ("<", below)] if limit is not None]
    accepted = " ".join(["a number" if kind is Real else "an integer", " and ".join(limits)])
    raise ValueError(f"{_where(estimator, name)}; accepted: {' or '.join([accepted, *map(repr, or_else)])}")


def check_choice(estimator: BaseEstimator, name: str, choices: Iterable[object]) -> None:
    """Raise a ValueError unless the parameter is one of ``choices``."""
    value = getattr(estimator, name)
    if not isinstance(value, str | None) or value not in choices:
        raise ValueError(f"{_where(estimator, name)}; accepted: {', '.join(map(repr, choices))}")


def _where(estimator: BaseEstimator, name: str) -> str:
    return f"{type(estimator).__name__}: {name} is {getattr(estimator, name)!r}"


def classification_data(
    estimator: BaseEstimator, X, y, sample_weight=None, class_weight=None, dtype=np.float64
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Validate a classification problem and put it in numbers.

    Rows of weight zero are dropped; the weights of the others, times their class's weight, are scaled to a mean of
    one, so that a plain mean over the rows is the weighted mean.

    Returns
    -------
    x : ndarray of shape (n_samples, n_features)
    codes : ndarray of shape (n_samples,)
        The position of each label in ``classes``.
    weights : ndarray of shape (n_samples,)
        Mean one.
    classes : ndarray of shape (n_classes,)
        The distinct labels, sorted.

    Raises
    ------
    ValueError
        If the labels are no classes, or all the same.
    """
    x, y = validate_data(estimator, X, y, dtype=dtype)
    check_classification_targets(y)
    weights = _check_sample_weight(sample_weight, x, dtype=x.dtype, ensure_non_negative=True)
    kept = weights > 0
    x, y, weights = x[kept], y[kept], weights[kept]
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{type(estimator).__name__}: needs at least 2 classes; got 1 class, {classes.tolist()}")
    per_class = compute_class_weight(class_weight, classes=classes, y=y, sample_weight=weights)
    weights = weights * per_class[codes].astype(weights.dtype)
    return x, codes, weights / weights.mean(), classes
