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
    """Hold backpropagation to finite differences, and let the check catch gradients that are wrong on purpose.

    The difference has two errors: cutting the series off (∝ ε²) and rounding (∝ 1/ε); between the two lies the step
    to take.

    Returns
    -------
    dict
        ``step`` (s,), ``error`` (seeds, s) over steps; ``wrong.<mistake>`` (seeds,) at the step ``chosen``, the right
        gradient being the mistake ``none``.
    """
    errors = np.zeros((seeds, len(steps)))
    wrong: dict[str, list[float]] = {name: [] for name in MISTAKES}
    for seed in range(seeds):
        rng = np.random.RandomState(seed)
        parameters = initial_parameters([4, 5, 3], 0.7, rng)
        x, y = rng.standard_normal((8, 4)), np.eye(3)[rng.randint(3, size=8)]
        right = backpropagated(parameters, x, y)
        for i, size in enumerate(steps):
            errors[seed, i] = relative_error(right, numerical_gradient(parameters, x, y, size, "softmax"))
        measured = numerical_gradient(parameters, x, y, step, "softmax")
        for name, mistaken in MISTAKES.items():
            wrong[name].append(relative_error(mistaken(parameters, x, y), measured))
    return {
        "step": np.array(steps),
        "chosen": np.array(step),
        "error": errors,
        **named("wrong", wrong, wrong.values()),
    }


def backpropagated(parameters: Parameters, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient by backpropagation, in one row."""
    _, gradient = two_layer_loss_and_gradient(parameters, x, y, output="softmax")
    return np.concatenate([part.ravel() for part in gradient])


def _mistaken(
    slope: Callable[[np.ndarray], np.ndarray] = lambda a: 1 - a**2,
    back: Callable[[np.ndarray], np.ndarray] = lambda w2: w2.T,
    share: Callable[[int], float] = lambda n: 1 / n,
) -> Callable[[Parameters, np.ndarray, np.ndarray], np.ndarray]:
    """Return backpropagation with one of its three factors replaced."""

    def gradient(parameters: Parameters, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        a, z = forward(parameters, x)
        delta2 = (softmax(z) - y) * share(len(x))
        delta1 = (delta2 @ back(parameters[2])) * slope(a)
        parts = [x.T @ delta1, delta1.sum(axis=0), a.T @ delta2, delta2.sum(axis=0)]
        return np.concatenate([part.ravel() for part in parts])

    return gradient


MISTAKES = {
    "none": backpropagated,
    "no_slope": _mistaken(slope=np.ones_like),  # tanh′ left out
    "slope_of_a": _mistaken(slope=lambda a: 1 - np.tanh(a) ** 2),  # tanh′ taken at a instead of z₁
    "wrong_sign": _mistaken(back=lambda w2: -w2.T),  # of W₂ on the way back
    "sum_for_mean": _mistaken(share=lambda n: 1.0),  # 1/n left out
}
