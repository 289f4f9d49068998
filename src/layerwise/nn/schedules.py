"""Learning-rate schedules: ``schedule(step)``, with steps counted from 0."""

from __future__ import annotations

import bisect
import math
from abc import abstractmethod
from collections.abc import Sequence

from layerwise.nn.serialization import Configurable


class LearningRateSchedule(Configurable, kind="learning rate schedule"):
    """Base of the learning-rate schedules."""

    @abstractmethod
    def __call__(self, step: int) -> float:
        """Return the learning rate at ``step``."""


class ExponentialDecay(LearningRateSchedule):
    """``initial · decay_rate^(step / decay_steps)``; with ``staircase`` the exponent is rounded down.

    Parameters
    ----------
    initial_learning_rate : float
        Rate at step 0.
    decay_steps : int
        Number of steps in which the rate is multiplied by ``decay_rate``.
    decay_rate : float
        Decay factor.
    staircase : bool
        Whether to decay in discrete steps.
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
    ) -> None:
        positive(type(self).__name__, initial_learning_rate=initial_learning_rate, decay_steps=decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps, self.decay_rate, self.staircase = decay_steps, decay_rate, staircase

    def __call__(self, step):
        """See :meth:`LearningRateSchedule.__call__`."""
        exponent = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (math.floor(exponent) if self.staircase else exponent)


class CosineDecay(LearningRateSchedule):
    """Cosine decay from the highest rate to ``alpha`` times it (Loshchilov & Hutter 2017), with an optional warm-up.

    Parameters
    ----------
    initial_learning_rate : float
        Rate at step 0.
    decay_steps : int
        Length of the decay, in steps.
    alpha : float
        Final rate as a fraction of the highest.
    warmup_target : float, optional
        Highest rate, reached linearly from the initial rate in ``warmup_steps`` before the decay begins.
    warmup_steps : int
        Length of the warm-up, in steps.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        positive(type(self).__name__, decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps

    def __call__(self, step):
        """See :meth:`LearningRateSchedule.__call__`."""
        highest = self.initial_learning_rate
        if self.warmup_target is not None:
            highest = self.warmup_target
            if step <= self.warmup_steps and self.warmup_steps:
                return self.initial_learning_rate + (highest - self.initial_learning_rate) * step / self.warmup_steps
            step -= self.warmup_steps
        cosine = 0.5 * (1 + math.cos(math.pi * min(step, self.decay_steps) / self.decay_steps))
        return highest * ((1 - self.alpha) * cosine + self.alpha)


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[0]`` up to and including step ``boundaries[0]``, then ``values[1]`` up to ``boundaries[1]``, and so on.

    Parameters
    ----------
    boundaries : sequence of int
        Steps in increasing order.
    values : sequence of float
        Learning rates, one more than there are boundaries.
    """

    def __init__(self, boundaries: Sequence[int], values: Sequence[float]) -> None:
        if len(values) != len(boundaries) + 1 or list(boundaries) != sorted(set(boundaries)):
            raise ValueError(
                f"PiecewiseConstantDecay: boundaries must be increasing and one fewer than values, "
                f"got boundaries {list(boundaries)} and values {list(values)}"
            )
        self.boundaries, self.values = list(boundaries), list(values)

    def __call__(self, step):
        """See :meth:`LearningRateSchedule.__call__`."""
        return self.values[bisect.bisect_left(self.boundaries, step)]


class OneCycle(LearningRateSchedule):
    """One-cycle policy: cosine increase to ``max_learning_rate``, then cosine decrease (Smith & Topin 2018).

    Parameters
    ----------
    max_learning_rate : float
        Highest rate, reached after ``warmup_fraction`` of the steps.
    total_steps : int
        Length of the cycle; later steps keep the final rate.
    warmup_fraction : float
        Fraction of the cycle in which the rate increases.
    initial_divisor, final_divisor : float
        The initial rate is ``max_learning_rate / initial_divisor``, the final rate that divided by ``final_divisor``.

    Notes
    -----
    Keras has no such schedule; shape and defaults are those of PyTorch's ``OneCycleLR``.
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        warmup_fraction: float = 0.3,
        initial_divisor: float = 25.0,
        final_divisor: float = 1e4,
    ) -> None:
        positive(type(self).__name__, max_learning_rate=max_learning_rate, total_steps=total_steps)
        positive(type(self).__name__, initial_divisor=initial_divisor, final_divisor=final_divisor)
        if not 0 <= warmup_fraction < 1:
            raise ValueError(f"OneCycle: warmup_fraction must be a number in [0, 1), got {warmup_fraction!r}")
        self.max_learning_rate, self.total_steps, self.warmup_fraction = max_learning_rate, total_steps, warmup_fraction
        self.initial_divisor, self.final_divisor = initial_divisor, final_divisor

    def __call__(self, step):
        """See :meth:`LearningRateSchedule.__call__`."""
        initial = self.max_learning_rate / self.initial_divisor
        peak, last = self.warmup_fraction * self.total_steps - 1, self.total_steps - 1
        if step < peak:
            return _cosine(initial, self.max_learning_rate, step / peak)
        return _cosine(self.max_learning_rate, initial / self.final_divisor, min(1.0, (step - peak) / (last - peak)))


def _cosine(start: float, end: float, fraction: float) -> float:
    """Interpolate between start and end along half a cosine."""
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * fraction))


def positive(owner: str, **values: float) -> None:
    """Raise ValueError unless all values are finite numbers > 0."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            raise ValueError(f"{owner}: {name} must be a finite number > 0, got {value!r}")
