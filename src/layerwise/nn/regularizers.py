"""Weight penalties and weight constraints."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from layerwise.nn.serialization import Configurable


class Regularizer(Configurable, kind="regularizer", aliases={"l1_l2": "L1L2"}):
    """A penalty added to the loss, ``regularizer(w)``, and its derivative."""

    @abstractmethod
    def __call__(self, w: np.ndarray) -> float:
        """Return the penalty."""

    @abstractmethod
    def gradient(self, w: np.ndarray) -> np.ndarray:
        """Return d penalty / d w."""


class L1L2(Regularizer):
    """``l1 Σ|w| + l2 Σw²`` (elastic net; Zou & Hastie 2005).

    Parameters
    ----------
    l1, l2 : float
        Strengths, ≥ 0.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        for name, value in (("l1", l1), ("l2", l2)):
            if not 0 <= value < np.inf:
                raise ValueError(f"{type(self).__name__}: {name} must be a finite number ≥ 0, got {value!r}")
        self.l1, self.l2 = float(l1), float(l2)

    def __call__(self, w):
        """See :meth:`Regularizer.__call__`."""
        penalty = 0.0
        if self.l1:
            penalty += self.l1 * float(np.abs(w).sum())
        if self.l2:
            penalty += self.l2 * float(np.vdot(w, w))
        return penalty

    def gradient(self, w):
        """See :meth:`Regularizer.gradient`."""
        slope = (2 * self.l2) * w
        if self.l1:
            slope += self.l1 * np.sign(w)
        return slope


class L1(L1L2):
    """``l1 Σ|w|`` (lasso; Tibshirani 1996)."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """``l2 Σw²`` (ridge, Tikhonov; weight decay under plain SGD), without a factor 1/2, as in Keras."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


class Constraint(Configurable, kind="constraint"):
    """A projection applied to a weight after each optimizer step: ``constraint(w)`` changes ``w`` in place."""

    @abstractmethod
    def __call__(self, w: np.ndarray) -> None:
        """Project ``w`` in place."""


class MaxNorm(Constraint):
    """Rescales the weights of each unit whose norm exceeds ``max_value`` to that norm (Srebro & Shraibman 2005).

    Parameters
    ----------
    max_value : float
        Maximum norm.
    axis : int or tuple of int
        Axes over which to compute the norm: 0 for a Dense kernel ``(inputs, units)``, (0, 1, 2) for a Conv2D kernel.
    """

    def __init__(self, max_value: float = 2, axis: int | tuple[int, ...] = 0) -> None:
        if not max_value > 0:
            raise ValueError(f"MaxNorm: max_value must be a number > 0, got {max_value!r}")
        self.max_value = max_value
        self.axis = tuple(axis) if isinstance(axis, (list, tuple)) else axis

    def __call__(self, w):
        """See :meth:`Constraint.__call__`."""
        norm = np.sqrt(np.sum(w * w, axis=self.axis, keepdims=True))
        w *= np.minimum(norm, self.max_value) / (norm + 1e-7)
