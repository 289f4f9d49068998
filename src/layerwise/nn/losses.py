"""Loss functions with the names of Keras, each with its derivative.

A loss has one value per example (the mean over the last axis of the output); the reduction is the mean of these values,
optionally weighted. From logits, softmax or sigmoid and cross-entropy are computed in one numerically stable step,
whose derivative is ``p − t``.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Any, Self

import numpy as np

from layerwise.nn import activations
from layerwise.nn.kernels.products import row_maxima
from layerwise.nn.serialization import Configurable, snake_case

EPSILON = 1e-7  # as in Keras: probabilities are clipped to [EPSILON, 1 − EPSILON]

ALIASES = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "bce": "binary_crossentropy"}


class Loss(Configurable, kind="loss", aliases=ALIASES):
    """Base of the losses: subclass it and implement :meth:`values_and_slopes`.

    Parameters
    ----------
    reduction : {"sum_over_batch_size", "sum"}
        Mean or sum over the examples.
    name : str, optional
        Name in the logs.
    """

    #: The activation included in a cross-entropy from logits, and its result for the last outputs.
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
        """Return the value of each example, of shape ``y_pred.shape[:-1]``, and a new array d value / d y_pred."""

    def prepare(self, y_true: Any, output_shape: tuple[int | None, ...], dtype: Any = "float32") -> np.ndarray:
        """Validate the targets for outputs of ``output_shape`` and convert them; called once per dataset.

        Raises
        ------
        ValueError
            If the targets do not have the shape of the outputs, or are not finite numbers.
        """
        y = np.asarray(y_true)
        if y.dtype.kind not in "fiub":
            raise ValueError(f"{self.name}: targets must be numbers, got {y.dtype}")
        if y.ndim == len(output_shape) - 1 and output_shape[-1] == 1:
            y = y[..., np.newaxis]
        if y.ndim != len(output_shape) or any(o not in (None, n) for o, n in zip(output_shape[1:], y.shape[1:])):
            raise ValueError(f"{self.name}: targets must have the shape of the outputs, {output_shape}, got {y.shape}")
        y = y.astype(dtype, copy=False)
        if not np.isfinite(y.sum()) and not np.isfinite(y).all():
            raise ValueError(f"{self.name}: targets must be finite, got NaN or infinity")
        return y

    def value_and_gradient(
        self, y_true: np.ndarray, y_pred: np.ndarray, sample_weight: np.ndarray | None = None
    ) -> tuple[float, np.ndarray]:
        """Return the reduced loss and its gradient with respect to ``y_pred``, given targets from :meth:`prepare`."""
        values, slopes = self.values_and_slopes(y_true, y_pred)
        scale = 1.0 / max(1, values.size) if self.reduction == "sum_over_batch_size" else 1.0
        if sample_weight is None:
            slopes *= scale
            return float(values.sum()) * scale, slopes
        if sample_weight.ndim == values.ndim + 1 and sample_weight.shape[-1] == 1:  # a column vector
            sample_weight = sample_weight[..., 0]
        weights = np.empty_like(values)
        weights.T[...] = sample_weight.T if sample_weight.ndim == values.ndim else sample_weight
        slopes *= (weights * scale)[..., np.newaxis]
        return float(np.vdot(weights, values)) * scale, slopes

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        """Return the reduced loss of array-like targets and outputs."""
        y_pred = np.asarray(y_pred)
        if y_pred.dtype.kind != "f":
            y_pred = y_pred.astype("float32")
        weight = None if sample_weight is None else np.asarray(sample_weight, y_pred.dtype)
        return self.value_and_gradient(self.prepare(y_true, y_pred.shape, y_pred.dtype), y_pred, weight)[0]

    def on_logits(self, activation: activations.ActivationFunction) -> Self | None:
        """Return the loss from logits that includes ``activation``, or None if the two do not match.

        A model that ends in this activation uses it to compute activation and loss in one step.
        """
        if self.activation is None or type(activation) is not self.activation or getattr(self, "from_logits", True):
            return None
        if getattr(activation, "axis", -1) != -1:
            return None
        logits_loss = copy.copy(self)
        logits_loss.from_logits = True  # type: ignore[attr-defined]
        return logits_loss


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
    """``mean |y − t|``; the derivative at y = t is taken as 0."""

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
    """``mean max(0, 1 − t y)`` with targets −1 and 1, or 0 and 1, which are converted (Cortes & Vapnik 1995)."""

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`."""
        if ((y_true == 0) | (y_true == 1)).all():
            y_true = 2 * y_true - 1
        margin = 1 - y_true * y_pred
        slopes = -y_true * (margin > 0)
        slopes /= y_pred.shape[-1]
        return np.maximum(margin, 0).mean(axis=-1), slopes


class _Crossentropy(Loss):
    """Base of the three cross-entropies."""

    def __init__(self, from_logits: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.from_logits = from_logits


class _SmoothedCrossentropy(_Crossentropy):
    """Base of the two cross-entropies with probabilities as targets, which support label smoothing."""

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **kwargs: Any) -> None:
        super().__init__(from_logits, **kwargs)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"{self.name}: label_smoothing must be a number in [0, 1], got {label_smoothing!r}")
        self.label_smoothing = float(label_smoothing)

    def smoothed(self, y_true: np.ndarray, classes: int) -> np.ndarray:
        """Return the targets mixed with 1/classes, at weight ``label_smoothing`` (Szegedy et al. 2016)."""
        if not self.label_smoothing:
            return y_true
        return y_true * (1 - self.label_smoothing) + self.label_smoothing / classes


_SIGMOID = activations.Sigmoid()


def _clipped(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities clipped to [EPSILON, 1 − EPSILON], and a mask of those that were inside."""
    inside = (p >= EPSILON) & (p <= 1 - EPSILON)
    return np.clip(p, EPSILON, 1 - EPSILON), inside


class BinaryCrossentropy(_SmoothedCrossentropy):
    """``−mean [t log p + (1 − t) log(1 − p)]``, p = sigmoid(z) from logits z.

    Parameters
    ----------
    from_logits : bool
        Whether the outputs are logits; the value is then ``max(z, 0) − z t + log(1 + e^{−|z|})``, its slope ``p − t``.
    label_smoothing : float
        Weight with which the targets are mixed with 1/2 (Szegedy et al. 2016).
    """

    activation = activations.Sigmoid

    def prepare(self, y_true, output_shape, dtype="float32"):
        """See :meth:`Loss.prepare`; targets must be in [0, 1]."""
        y = super().prepare(y_true, output_shape, dtype)
        if y.size and (y.min() < 0 or y.max() > 1):
            raise ValueError(f"{self.name}: targets must be in [0, 1], got {y.min():g} to {y.max():g}")
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
        Whether the outputs are logits; the slope is then ``p − t``.
    label_smoothing : float
        Weight with which the targets are mixed with 1/classes (Szegedy et al. 2016).
    """

    activation = activations.Softmax

    def prepare(self, y_true, output_shape, dtype="float32"):
        """See :meth:`Loss.prepare`."""
        if np.ndim(y_true) == len(output_shape) - 1 and output_shape[-1] != 1:
            raise ValueError(
                f"{self.name}: targets must be one-hot rows of length {output_shape[-1]}, got shape "
                f"{np.shape(y_true)}; for class indices use SparseCategoricalCrossentropy"
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
    """``−log p_t`` with class indices as targets, p = softmax(z) from logits z.

    Parameters
    ----------
    from_logits : bool
        Whether the outputs are logits; the slope is then ``p`` minus the one-hot target.
    """

    activation = activations.Softmax

    def prepare(self, y_true, output_shape, dtype="float32"):
        """Return the class indices as integers, one per example (see :meth:`Loss.prepare`).

        Raises
        ------
        ValueError
            If the targets are one-hot rows, not whole numbers, or outside [0, classes).
        """
        y, classes = np.asarray(y_true), output_shape[-1]
        if y.ndim == len(output_shape) and y.shape[-1] == 1:
            y = y[..., 0]
        if y.ndim == len(output_shape) and y.shape[-1] == classes:
            raise ValueError(
                f"{self.name}: targets must be class indices, got shape {y.shape}; for one-hot rows use "
                f"CategoricalCrossentropy"
            )
        if y.ndim != len(output_shape) - 1 or any(o not in (None, n) for o, n in zip(output_shape[1:-1], y.shape[1:])):
            raise ValueError(
                f"{self.name}: targets must have shape {output_shape[:-1]} for outputs of shape {output_shape}, "
                f"got {y.shape}"
            )
        if y.dtype.kind not in "fiub" or (y.dtype.kind == "f" and not (y == np.trunc(y)).all()):
            raise ValueError(f"{self.name}: targets must be integer class indices, got other values of type {y.dtype}")
        if y.size and (y.min() < 0 or y.max() >= classes):
            raise ValueError(
                f"{self.name}: labels must be from 0 to {classes - 1} for {classes} outputs, "
                f"got {y.min():g} to {y.max():g}"
            )
        return y.astype(np.intp, copy=False)

    def values_and_slopes(self, y_true, y_pred):
        """See :meth:`Loss.values_and_slopes`."""
        classes = y_pred.shape[-1]
        rows, labels = y_pred.reshape(-1, classes), y_true.reshape(-1)
        indices = np.arange(0, rows.size, classes) + labels  # of the targets in the flattened array
        if self.from_logits:
            p, values = _softmax(rows)
            values -= rows.take(indices)
            self.activated, slopes = p.reshape(y_pred.shape), p.copy()
            slopes.reshape(-1)[indices] -= 1
        else:
            p, inside = _clipped(rows)
            scale = p.sum(axis=-1, keepdims=True)
            values = np.log(scale[:, 0] / p.take(indices))
            slopes = np.ones_like(p) / scale
            slopes.reshape(-1)[indices] -= 1 / p.take(indices)
            slopes *= inside
        return values.reshape(y_true.shape), slopes.reshape(y_pred.shape)


def _softmax(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return softmax(z) over the last axis and log Σ eᶻ."""
    largest = row_maxima(z)
    p = z - largest
    np.exp(p, out=p)
    total = p.sum(axis=-1, keepdims=True)
    p /= total
    np.log(total, out=total)
    total += largest
    return p, total[..., 0]


def get(identifier: Any) -> Loss:
    """Return a loss, given its name, an instance or a serialized dict."""
    return Loss.get(identifier)
