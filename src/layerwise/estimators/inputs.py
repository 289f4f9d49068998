"""Validation of parameters and data for the estimators, following scikit-learn's conventions."""

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
    """Check that the parameter is a number in the given range, or one of the values in ``or_else``.

    Raises
    ------
    ValueError
        If it is not; the message names the estimator, the parameter, its value and the allowed values.
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
    condition = " ".join(["a number" if kind is Real else "an integer", " and ".join(limits)])
    alternatives = " or ".join([condition, *map(repr, or_else)])
    raise ValueError(f"{type(estimator).__name__}: {name} must be {alternatives}, got {value!r}")


def check_choice(estimator: BaseEstimator, name: str, choices: Iterable[object]) -> None:
    """Check that the parameter is one of ``choices``; raise ValueError if it is not."""
    value = getattr(estimator, name)
    if not isinstance(value, str | None) or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{type(estimator).__name__}: {name} must be one of {listed}, got {value!r}")


def classification_data(
    estimator: BaseEstimator, X, y, sample_weight=None, class_weight=None, dtype=np.float64
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Validate the data of a classification problem and encode the labels.

    Rows of weight zero are dropped, but their classes are kept. The other weights, multiplied by the class weights, are
    scaled to mean one, so that the plain mean of the weighted losses is the weighted mean.

    Returns
    -------
    x : ndarray of shape (n_samples, n_features)
    codes : ndarray of shape (n_samples,)
        Index of each label in ``classes``.
    weights : ndarray of shape (n_samples,)
        Sample weights, of mean one.
    classes : ndarray of shape (n_classes,)
        The distinct labels, sorted.

    Raises
    ------
    ValueError
        If the labels are continuous, or there is only one class.
    """
    x, y = validate_data(estimator, X, y, dtype=dtype)
    check_classification_targets(y)
    weights = _check_sample_weight(sample_weight, x, dtype=x.dtype, ensure_non_negative=True)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{type(estimator).__name__}: y must have at least 2 classes, got 1 class, {classes.tolist()}")
    with np.errstate(divide="ignore"):  # the balanced weight of a class without weighted rows, which is not used
        per_class = compute_class_weight(class_weight, classes=classes, y=y, sample_weight=weights)
    positive = weights > 0
    x, codes = x[positive], codes[positive]
    weights = weights[positive] * per_class[codes].astype(weights.dtype)
    return x, codes, weights / weights.mean(), classes
