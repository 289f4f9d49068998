"""Gradient checking."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerwise.estimators.logistic_regression import softmax
from layerwise.estimators.two_layer_network import forward, initial_parameters, two_layer_loss_and_gradient
from layerwise.reports.assignment2.shared import Parameters, numerical_gradient
from layerwise.reports.inputs import Data, named
from layerwise.reports.numerical_gradient import relative_error


def run(
    data: Data,
    steps: Sequence[float] = (1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12),
    seeds: int = 10,
    step: float = 1e-5,
) -> dict[str, np.ndarray]:
    """Compare backpropagation, correct and with deliberate mistakes, with finite differences.

    A finite difference has a truncation error (∝ ε²) and a rounding error (∝ 1/ε); the best step balances the two.

    Returns
    -------
    dict
        ``step`` (s,) and ``error`` (seeds, s), the relative error at each step; ``wrong.<mistake>`` (seeds,), the
        relative error of each mistake at the step ``chosen``, with ``none`` for the correct gradient.
    """
    errors = np.zeros((seeds, len(steps)))
    wrong: dict[str, list[float]] = {name: [] for name in MISTAKES}
    for seed in range(seeds):
        rng = np.random.RandomState(seed)
        parameters = initial_parameters([4, 5, 3], 0.7, rng)
        x, y = rng.standard_normal((8, 4)), np.eye(3)[rng.randint(3, size=8)]
        correct = backpropagated(parameters, x, y)
        for i, size in enumerate(steps):
            errors[seed, i] = relative_error(correct, numerical_gradient(parameters, x, y, size, "softmax"))
        numerical = numerical_gradient(parameters, x, y, step, "softmax")
        for name, gradient in MISTAKES.items():
            wrong[name].append(relative_error(gradient(parameters, x, y), numerical))
    return {
        "step": np.array(steps),
        "chosen": np.array(step),
        "error": errors,
        **named("wrong", wrong, wrong.values()),
    }


def backpropagated(parameters: Parameters, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient by backpropagation, as one vector."""
    _, gradient = two_layer_loss_and_gradient(parameters, x, y, output="softmax")
    return np.concatenate([part.ravel() for part in gradient])


def _mistaken(
    slope: Callable[[np.ndarray], np.ndarray] = lambda a: 1 - a**2,
    back: Callable[[np.ndarray], np.ndarray] = lambda w2: w2.T,
    share: Callable[[int], float] = lambda n: 1 / n,
) -> Callable[[Parameters, np.ndarray, np.ndarray], np.ndarray]:
    """Return a backpropagation function with one of its three factors replaced."""

    def gradient(parameters: Parameters, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        a, z = forward(parameters, x)
        delta2 = (softmax(z) - y) * share(len(x))
        delta1 = (delta2 @ back(parameters[2])) * slope(a)
        parts = [x.T @ delta1, delta1.sum(axis=0), a.T @ delta2, delta2.sum(axis=0)]
        return np.concatenate([part.ravel() for part in parts])

    return gradient


MISTAKES = {
    "none": backpropagated,
    "no_slope": _mistaken(slope=np.ones_like),  # tanh′ omitted
    "slope_of_a": _mistaken(slope=lambda a: 1 - np.tanh(a) ** 2),  # tanh′ at a instead of z₁
    "wrong_sign": _mistaken(back=lambda w2: -w2.T),  # of W₂ in the backward pass
    "sum_for_mean": _mistaken(share=lambda n: 1.0),  # 1/n omitted
}
