"""Metrics: means over the examples of an epoch, reported along with the loss."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from layerwise.nn.losses import Loss
from layerwise.nn.serialization import Configurable, unknown


class Metric(Configurable, kind="metric", aliases={"acc": "accuracy", "rmse": "root_mean_squared_error"}):
    """Base of the metrics, a mean over examples: call ``update(y_true, y_pred)`` per batch, then ``result()``.

    Parameters
    ----------
    name : str
        Name in the logs and in the history.
    """

    #: Whether the outputs are logits; set by the model according to its loss.
    from_logits = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.reset()

    @abstractmethod
    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Return the metric's value for each example."""

    def reset(self) -> None:
        """Clear the accumulated examples."""
        self.total, self.count = 0.0, 0

    def update(self, y_true: np.ndarray, y_pred: np.ndarray) -> None:
        """Add a batch."""
        values = self.values(y_true, y_pred)
        self.total += float(np.count_nonzero(values) if values.dtype == bool else values.sum())
        self.count += values.size

    def result(self) -> float:
        """Return the mean so far; NaN before the first example."""
        return self.total / self.count if self.count else float("nan")


class Accuracy(Metric):
    """Fraction of correctly classified examples.

    A single output per example is compared with ``threshold`` (binary classification). With several outputs, the
    largest gives the class, which is compared with class indices or one-hot rows.

    Parameters
    ----------
    threshold : float, optional
        Outputs above it count as class 1. By default 0.5, or 0 if the model's loss takes logits, which is the same
        decision. (Keras compares logits with 0.5 by default.)
    """

    def __init__(self, name: str = "accuracy", threshold: float | None = None) -> None:
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true, y_pred):
        """See :meth:`Metric.values`."""
        if y_pred.shape[-1] == 1:
            threshold = self.threshold if self.threshold is not None else 0.0 if self.from_logits else 0.5
            return (y_pred > threshold) == (y_true.reshape(y_pred.shape) > 0.5)
        labels = y_true.argmax(axis=-1) if y_true.ndim == y_pred.ndim else y_true
        return y_pred.argmax(axis=-1) == labels


class LossMetric(Metric):
    """The mean of a loss over examples, which lets every loss serve as a metric: ``metrics=["mse"]``."""

    def __init__(self, loss: Any, name: str | None = None) -> None:
        self.loss = Loss.get(loss)
        super().__init__(name or self.loss.name)

    def values(self, y_true, y_pred):
        """See :meth:`Metric.values`."""
        return self.loss.values_and_slopes(self.loss.prepare(y_true, y_pred.shape, y_pred.dtype), y_pred)[0]


class RootMeanSquaredError(Metric):
    """``√ mean (y − t)²`` over all examples seen."""

    def __init__(self, name: str = "root_mean_squared_error") -> None:
        super().__init__(name)

    def values(self, y_true, y_pred):
        """See :meth:`Metric.values`."""
        return (y_pred - y_true.reshape(y_pred.shape)) ** 2

    def result(self):
        """See :meth:`Metric.result`."""
        return super().result() ** 0.5


def get(identifier: Any) -> Metric:
    """Return a metric, given the name of a metric or loss, an instance of either, or a serialized dict."""
    if isinstance(identifier, Loss):
        return LossMetric(identifier)
    if not isinstance(identifier, str):
        return Metric.get(identifier)
    for family in (Metric, Loss):
        try:
            cls = family.find(identifier)
        except ValueError:
            continue
        return cls(name=identifier) if family is Metric else LossMetric(cls(), name=identifier)
    raise unknown("metric", identifier, ["accuracy", "acc", "mse", "mae", "rmse", *map(str.lower, Loss.registry)])
