"""Losses: Keras's, each with its derivative.

A loss has one value per example (the mean over the last axis of the output); the reduction is the mean of these
values, weighted or not. From logits, softmax or sigmoid and cross-entropy are one step that neither overflows nor loses
digits: the derivative is ``p − t``.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Any, Self

import numpy as np

from layerwise.nn import activations
from layerwise.nn.kernels.products import row_maxima
from layerwise.nn.serialization import Configurable, snake_case

EPSILON = 1e-7  # Keras's: probabilities are kept this far from 0 and 1

ALIASES = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "bce": "binary_crossentropy"}


class Loss(Configurable, kind="loss", aliases=ALIASES):
    """Base of the losses: subclass it and write :meth:`values_and_slopes`.

    Parameters
    ----------
    reduction : {"sum_over_batch_size", "sum"}
        Mean or sum of the values of the examples.
    name : str, optional
        Name in logs.
    """

    #: The activation that cross-entropy from logits contains, and what it made of the last outputs.
    activation: type[activations.ActivationFunction] | None = None
    activated: np.ndarray

    def __init__(self, reduction: str = "sum_over_batch_size", name: str | None = None) -> None:
        if reduction not in ("sum_over_batch_size", "sum"):
            raise ValueError(
                f"{type(self).__name__}: reduction must be 'sum_over_batch_size' or 'sum', got {reduction!r}"
            )
        self.reduction = reduction
        self.name = name or snake_case(type(self).__name__)

    @abstractmethod
    def values_and_slopes(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the value of each example, ``y_pred.shape[:-1]``, and a fresh array d value / d y_pred."""

    def prepare(self, y_true: Any, output_shape: tuple[int | None, ...], dtype: Any = "float32") -> np.ndarray:
        """Return targets fit for outputs of ``output_shape``; done once for a whole data set.

        Raises
        ------
        ValueError
            If the targets have another shape than the outputs, or are not finite numbers.
        """
        y = np.asarray(y_true)
        if y.dtype.kind not in "fiub":
            raise ValueError(f"{self.name}: targets must be numbers, got {y.dtype}")
        if y.ndim == len(output_shape) - 1 and output_shape[-1] == 1:
            y = y[..., np.newaxis]
        if y.ndim != len(output_shape) or any(o not in (None, n) for o, n in zip(output_shape[1:], y.shape[1:])):
            raise ValueError(f"{self.name}: outputs have shape {output_shape}, targets {y.shape}; they must be equal")
        y = y.astype(dtype, copy=False)
        if not np.isfinite(y.sum()) and not np.isfinite(y).all():
            raise ValueError(f"{self.name}: targets hold non-finite values (NaN or infinity)")
        return y

    def value_and_gradient(
        self, y_true: np.ndarray, y_pred: np.ndarray, sample_weight: np.ndarray | None = None
    ) -> tuple[float, np.ndarray]:
        """Return the reduced loss and its gradient at ``y_pred``; the targets come from :meth:`prepare`."""
        values, slopes = self.values_and_slopes(y_true, y_pred)
        scale = 1.0 / max(1, values.size) if self.reduction == "sum_over_batch_size" else 1.0
        if sample_weight is None:
            slopes *= scale
            return float(values.sum()) * scale, slopes
        if sample_weight.ndim == values.ndim + 1 and sample_weight.shape[-1] == 1:  # a column
            sample_weight = sample_weight[..., 0]
        weights = np.empty_like(values)
        weights.T[...] = sample_weight.T if sample_weight.ndim == values.ndim else sample_weight
        slopes *= (weights * scale)[..., np.newaxis]
        return float(np.vdot(weights, values)) * scale, slopes

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        """Return the reduced loss of any array-likes."""
        y_pred = np.asarray(y_pred)
        if y_pred.dtype.kind != "f":
            y_pred = y_pred.astype("float32")
        weight = None if sample_weight is None else np.asarray(sample_weight, y_pred.dtype)
        return self.value_and_gradient(self.prepare(y_true, y_pred.shape, y_pred.dtype), y_pred, weight)[0]

    def on_logits(self, activation: activations.ActivationFunction) -> Self | None:
        """Return the same loss from logits if ``activation`` is the one it then contains, else None.

        A model whose output ends in it computes the two in one step.
        """
        if self.activation is None or type(activation) is not self.activation or getattr(self, "from_logits", True):
            return None
        if getattr(activation, "axis", -1) != -1:
            return None
        twin = copy.copy(self)
        twin.from_logits = True  # type: ignore[attr-defined]
        return twin


class MeanSquaredError(Loss):
    """``mean (y − t)²``."""

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`."""
        error = y_pred - y_true
        values = np.einsum("...i,...i->...", error, error)
        values /= error.shape[-1]
        error *= 2.0 / error.shape[-1]
        return values, error


class MeanAbsoluteError(Loss):
    """``mean |y − t|``; its derivative where y = t is taken as 0."""

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`."""
        error = y_pred - y_true
        slopes = np.sign(error)
        slopes /= error.shape[-1]
        return np.abs(error).mean(axis=-1), slopes


class Huber(Loss):
    """Quadratic near zero, linear beyond ``delta`` (Huber 1964).

    ``mean e²/2`` where |e| ≤ delta, else ``delta |e| − delta²/2``, with e = y − t.
    """

    def __init__(self, delta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not delta > 0:
            raise ValueError(f"Huber: delta must be a number > 0, got {delta!r}")
        self.delta = float(delta)

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`. With c = clip(e), the value is c (e − c/2)."""
        error = y_pred - y_true
        clipped = np.clip(error, -self.delta, self.delta)
        values = (clipped * (error - 0.5 * clipped)).mean(axis=-1)
        clipped /= error.shape[-1]
        return values, clipped


class Hinge(Loss):
    """``mean max(0, 1 − t y)`` with targets −1 and 1; targets 0 and 1 are taken for these (Cortes & Vapnik 1995)."""

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`."""
        if ((y_true == 0) | (y_true == 1)).all():
            y_true = 2 * y_true - 1
        margin = 1 - y_true * y_pred
        slopes = -y_true * (margin > 0)
        slopes /= y_pred.shape[-1]
        return np.maximum(margin, 0).mean(axis=-1), slopes


class _Crossentropy(Loss):
    """What the three cross-entropies share."""

    def __init__(self, from_logits: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.from_logits = from_logits


class _SmoothedCrossentropy(_Crossentropy):
    """What the two cross-entropies share whose targets are probabilities: they can be moved towards equal ones."""

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **kwargs: Any) -> None:
        super().__init__(from_logits, **kwargs)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"{self.name}: label_smoothing must be a number from 0 to 1, got {label_smoothing!r}")
        self.label_smoothing = float(label_smoothing)

    def smoothed(self, y_true: np.ndarray, classes: int) -> np.ndarray:
        """Return targets moved ``label_smoothing`` of the way to 1/classes (Szegedy et al. 2016)."""
        if not self.label_smoothing:
            return y_true
        return y_true * (1 - self.label_smoothing) + self.label_smoothing / classes


_SIGMOID = activations.Sigmoid()


def _clipped(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities kept ``EPSILON`` away from 0 and 1, and where they were so already."""
    inside = (p >= EPSILON) & (p <= 1 - EPSILON)
    return np.clip(p, EPSILON, 1 - EPSILON), inside


class BinaryCrossentropy(_SmoothedCrossentropy):
    """``−mean [t log p + (1 − t) log(1 − p)]``, p = sigmoid(z) from logits z.

    Parameters
    ----------
    from_logits : bool
        Whether the outputs are logits; then the value is ``max(z, 0) − z t + log(1 + e^{−|z|})``, the slope ``p − t``.
    label_smoothing : float
        Moves the targets this part of the way to 1/2 (Szegedy et al. 2016).
    """

    activation = activations.Sigmoid

    def prepare(self, y_true, output_shape, dtype="float32"):
        """See :meth:`Loss.prepare`; targets lie from 0 to 1."""
        y = super().prepare(y_true, output_shape, dtype)
        if y.size and (y.min() < 0 or y.max() > 1):
            raise ValueError(f"{self.name}: targets must lie from 0 to 1, got {y.min():g} to {y.max():g}")
        return y

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`."""
        y_true = self.smoothed(y_true, 2)
        if self.from_logits:
            values = np.maximum(y_pred, 0) - y_pred * y_true + np.log1p(np.exp(-np.abs(y_pred)))
            self.activated = _SIGMOID.forward(y_pred)
            slopes = self.activated - y_true
        else:
            p, inside = _clipped(y_pred)
            values = -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))
            slopes = inside * (p - y_true) / (p * (1 - p))
        if y_pred.shape[-1] == 1:
            return values[..., 0], slopes
        slopes /= y_pred.shape[-1]
        return values.mean(axis=-1), slopes


class CategoricalCrossentropy(_SmoothedCrossentropy):
    """``−Σₖ tₖ log pₖ`` with one-hot (or soft) targets, p = softmax(z) from logits z.

    Parameters
    ----------
    from_logits : bool
        Whether the outputs are logits; then the slope is ``p − t``.
    label_smoothing : float
        Moves the targets this part of the way to 1/classes (Szegedy et al. 2016).
    """

    activation = activations.Softmax

    def prepare(self, y_true, output_shape, dtype="float32"):
        """See :meth:`Loss.prepare`."""
        if np.ndim(y_true) == len(output_shape) - 1 and output_shape[-1] != 1:
            raise ValueError(
                f"{self.name}: targets have shape {np.shape(y_true)}, so they look like class numbers; give "
                f"one-hot rows of {output_shape[-1]} (or use SparseCategoricalCrossentropy)"
            )
        return super().prepare(y_true, output_shape, dtype)

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`."""
        y_true = self.smoothed(y_true, y_true.shape[-1])
        total = y_true.sum(axis=-1)
        if self.from_logits:
            self.activated, log_sum = _softmax(y_pred)
            values = total * log_sum - np.einsum("...i,...i->...", y_true, y_pred)
            slopes = self.activated * total[..., np.newaxis]
            slopes -= y_true
            return values, slopes
        scale = y_pred.sum(axis=-1, keepdims=True)
        p, inside = _clipped(y_pred / scale)
        ratio = inside * y_true / p
        slopes = ((ratio * p).sum(axis=-1, keepdims=True) - ratio) / scale
        return -(y_true * np.log(p)).sum(axis=-1), slopes


class SparseCategoricalCrossentropy(_Crossentropy):
    """``−log p_t`` with targets that are class numbers, p = softmax(z) from logits z.

    Parameters
    ----------
    from_logits : bool
        Whether the outputs are logits; then the slope is ``p``, less 1 at the target.
    """

    activation = activations.Softmax

    def prepare(self, y_true, output_shape, dtype="float32"):
        """Return the class numbers as integers, one per example (see :meth:`Loss.prepare`).

        Raises
        ------
        ValueError
            For one-hot rows, numbers that are not whole, or classes outside [0, classes).
        """
        y, classes = np.asarray(y_true), output_shape[-1]
        if y.ndim == len(output_shape) and y.shape[-1] == 1:
            y = y[..., 0]
        if y.ndim == len(output_shape) and y.shape[-1] == classes:
            raise ValueError(
                f"{self.name}: targets have shape {y.shape}, so they look one-hot; give class numbers "
                f"(or use CategoricalCrossentropy)"
            )
        if y.ndim != len(output_shape) - 1 or any(o not in (None, n) for o, n in zip(output_shape[1:-1], y.shape[1:])):
            raise ValueError(
                f"{self.name}: outputs have shape {output_shape}, so targets must have shape {output_shape[:-1]}, "
                f"got {y.shape}"
            )
        if y.dtype.kind not in "fiub" or (y.dtype.kind == "f" and not (y == np.trunc(y)).all()):
            raise ValueError(f"{self.name}: targets of type {y.dtype} hold values that are not whole class numbers")
        if y.size and (y.min() < 0 or y.max() >= classes):
            raise ValueError(
                f"{self.name}: labels must lie from 0 to {classes - 1} ({classes} outputs), "
                f"got {y.min():g} to {y.max():g}"
            )
        return y.astype(np.intp, copy=False)

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`."""
        classes = y_pred.shape[-1]
        rows, labels = y_pred.reshape(-1, classes), y_true.reshape(-1)
        at = np.arange(0, rows.size, classes) + labels  # the targets' places in the flattened array
        if self.from_logits:
            p, values = _softmax(rows)
            values -= rows.take(at)
            self.activated, slopes = p.reshape(y_pred.shape), p.copy()
            slopes.reshape(-1)[at] -= 1
        else:
            p, inside = _clipped(rows)
            scale = p.sum(axis=-1, keepdims=True)
            values = np.log(scale[:, 0] / p.take(at))
            slopes = np.ones_like(p) / scale
            slopes.reshape(-1)[at] -= 1 / p.take(at)
            slopes *= inside
        return values.reshape(y_true.shape), slopes.reshape(y_pred.shape)


def _softmax(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return softmax(z) over the last axis, and log Σ eᶻ."""
    largest = row_maxima(z)
    p = z - largest
    np.exp(p, out=p)
    total = p.sum(axis=-1, keepdims=True)
    p /= total
    np.log(total, out=total)
    total += largest
    return p, total[..., 0]


def get(identifier: Any) -> Loss:
    """Return a loss from its name, an instance or its serialized dict."""
    return Loss.get(identifier)
