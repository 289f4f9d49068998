"""Gradient descent: batch, mini-batch and stochastic, with momentum, schedules and an L1 penalty."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

Parameters = Sequence[np.ndarray]
Rows = np.ndarray | slice
Objective = Callable[[Parameters, Rows], tuple[float, Parameters]]

SCHEDULES: dict[str, Callable[[int, int, float], float]] = {
    "constant": lambda epoch, epochs, decay: 1.0,
    "inverse": lambda epoch, epochs, decay: 1 / (1 + decay * epoch),
    "exponential": lambda epoch, epochs, decay: math.exp(-decay * epoch),
    "cosine": lambda epoch, epochs, decay: (1 + math.cos(math.pi * epoch / epochs)) / 2,
}
"""Factor of the learning rate, as a function of the epoch (from 0), the total number of epochs and the decay."""


class Step(NamedTuple):
    """State of gradient descent after an epoch.

    Attributes
    ----------
    epoch : int
        Number of passes over the data so far; 0 is the start.
    parameters : list of ndarray
        Current parameters; these arrays are not modified later, so they can be stored without copying.
    loss : float
        Objective on all the data, penalties included.
    gradient_norm : float
        Largest absolute entry of its gradient (maximum norm).
    """

    epoch: int
    parameters: list[np.ndarray]
    loss: float
    gradient_norm: float


def gradient_descent(
    objective: Objective,
    start: Parameters,
    n_samples: int,
    *,
    learning_rate: float | Callable[[int], float],
    momentum: float = 0.0,
    batch_size: int | None = None,
    l1: Sequence[float] | None = None,
    random_state: np.random.RandomState | None = None,
) -> Iterator[Step]:
    r"""Run gradient descent and yield its state at the start and after each epoch.

    Parameters
    ----------
    objective : callable
        ``objective(parameters, rows)`` returns the mean loss over those rows of the data and its gradient, one array
        per parameter.
    start : sequence of ndarray
        Initial parameters.
    n_samples : int
        Number of rows of the data.
    learning_rate : float or callable
        Step size η, or a function that returns it for an epoch (from 0).
    momentum : float, default=0
        Momentum coefficient µ, in [0, 1).
    batch_size : int, default=None
        Rows per step. None uses all of them (batch gradient descent); 1 is stochastic gradient descent.
    l1 : sequence of float, default=None
        Strength λ of an L1 penalty λ‖θ‖₁ for each parameter.
    random_state : RandomState, default=None
        Shuffles the rows before each epoch, except for batch gradient descent.

    Yields
    ------
    Step
        Endlessly; the caller decides when to stop.

    Notes
    -----
    Each step updates every parameter θ, with gradient g, by the velocity v:

    .. math:: v \leftarrow µ v − η g, \qquad θ \leftarrow \operatorname{soft}(θ + v, ηλ)

    Momentum is Polyak's (1964) heavy ball. :math:`\operatorname{soft}(θ, t) = \operatorname{sign}(θ)\max(|θ|−t, 0)`
    is the proximal operator of the L1 penalty, which sets small parameters to exactly zero, unlike a gradient step;
    the velocity is then the actual change of θ (Ochs, Chen, Brox & Pock 2014, iPiano). Without L1 it is the identity.
    """
    rate = learning_rate if callable(learning_rate) else lambda epoch: learning_rate
    penalties = l1 or [0.0] * len(start)
    parameters = list(start)
    velocities = [np.zeros_like(parameter) for parameter in start]
    full_batch = batch_size is None or batch_size >= n_samples
    for epoch in itertools.count():
        loss, gradients = objective(parameters, slice(None))
        yield Step(
            epoch,
            parameters,
            loss + sum(penalty * float(np.abs(p).sum()) for p, penalty in zip(parameters, penalties) if penalty),
            max(largest_slope(p, g, penalty) for p, g, penalty in zip(parameters, gradients, penalties)),
        )
        eta = rate(epoch)
        for rows in minibatches(n_samples, batch_size, random_state):
            if not full_batch:
                _, gradients = objective(parameters, rows)
            updated = [
                soft_threshold(p + momentum * v - eta * g, eta * penalty)
                for p, v, g, penalty in zip(parameters, velocities, gradients, penalties)
            ]
            velocities = [new - old for new, old in zip(updated, parameters)]
            parameters = updated


def minibatches(n_samples: int, batch_size: int | None, random_state: np.random.RandomState | None) -> Iterator[Rows]:
    """Split the shuffled rows into batches; a full batch is one slice, without shuffling or copying."""
    if batch_size is None or batch_size >= n_samples:
        yield slice(None)
        return
    order = np.arange(n_samples) if random_state is None else random_state.permutation(n_samples)
    for first in range(0, n_samples, batch_size):
        yield order[first : first + batch_size]


def soft_threshold(theta: np.ndarray, threshold: float) -> np.ndarray:
    """Shrink each entry towards zero by ``threshold``, stopping at zero (soft thresholding)."""
    return theta - np.clip(theta, -threshold, threshold) if threshold else theta


def largest_slope(theta: np.ndarray, gradient: np.ndarray, l1: float = 0.0) -> float:
    """Return the largest absolute entry of the gradient of ``smooth(θ) + l1 ‖θ‖₁``.

    At θ = 0 the subgradient closest to zero is used.
    """
    if l1:
        gradient = np.where(theta == 0, soft_threshold(gradient, l1), gradient + l1 * np.sign(theta))
    return float(np.abs(gradient).max(initial=0.0))


def learning_rates(
    learning_rate: float, schedule: str | Callable[[int], float], decay: float, epochs: int
) -> Callable[[int], float]:
    """Return the step size as a function of the epoch: ``learning_rate`` times a schedule (a name or a function)."""
    if callable(schedule):
        return lambda epoch: learning_rate * schedule(epoch)
    factor = SCHEDULES[schedule]
    return lambda epoch: learning_rate * factor(epoch, epochs, decay)
