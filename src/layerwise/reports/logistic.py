"""Logistic regression for the studies: many fits on valid data, without input checks and scikit-learn imports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layerwise.estimators.logistic_regression import (
    indicators,
    sigmoid,
    sigmoid_cross_entropy,
    softmax,
    softmax_cross_entropy,
    train,
)


@dataclass(frozen=True)
class Logistic:
    """A fitted model, equal to :class:`layerwise.estimators.LogisticRegression` after the same fit.

    Attributes
    ----------
    classes : ndarray, shape (classes,)
    weights : ndarray, shape (d, outputs)
        One output for two classes, else one per class.
    bias : ndarray, shape (outputs,)
    learning_rate : float
    losses : list of float
        Training loss before the first epoch and after each.
    """

    classes: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    learning_rate: float
    losses: list[float]

    def scores(self, x: np.ndarray) -> np.ndarray:
        """Return the scores ``(n, outputs)``."""
        return x @ self.weights + self.bias

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """Return the probability of each class ``(n, classes)``."""
        z = self.scores(x)
        if len(self.classes) > 2:
            return softmax(z)
        p = sigmoid(z[:, 0])
        return np.column_stack([1 - p, p])

    def predicted(self, x: np.ndarray) -> np.ndarray:
        """Return the most probable classes ``(n,)``."""
        z = self.scores(x)
        return self.classes[z.argmax(axis=1) if len(self.classes) > 2 else (z[:, 0] > 0).astype(int)]

    def accuracy(self, x: np.ndarray, y: np.ndarray) -> float:
        """Return the share of correct predictions."""
        return float(np.mean(self.predicted(x) == y))


def fitted(x: np.ndarray, y: np.ndarray, **settings) -> Logistic:
    """Fit a model to features ``(n, d)`` and classes ``(n,)``, with the settings of :func:`train`."""
    classes, codes = np.unique(y, return_inverse=True)
    loss = softmax_cross_entropy if len(classes) > 2 else sigmoid_cross_entropy
    x = x.astype(np.float64, order="C")
    step, rate, losses = train(x, indicators(codes, len(classes)), cross_entropy=loss, **settings)
    weights, bias = step.parameters
    return Logistic(classes, weights, bias, rate, losses)
