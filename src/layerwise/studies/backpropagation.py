"""Backpropagation in numbers: every quantity of a small network, and gradients held to finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerwise.estimators.logistic_regression import sigmoid, softmax
from layerwise.estimators.two_layer_network import forward, initial_parameters, two_layer_loss_and_gradient
from layerwise.studies.inputs import Data, named

Parameters = list[np.ndarray]


def two_units(data: Data, learning_rate: float = 0.5) -> dict[str, np.ndarray]:
    """Follow one example with two features through two tanh units, back again, and through one step of descent.

    Returns
    -------
    dict
        Each quantity of the equations by its name: ``x``, ``y``, ``w1``, ``b1``, ``w2``, ``b2``, ``z1``, ``a``,
        ``z2``, ``p``, ``loss``, ``delta2``, ``dw2``, ``db2``, ``back`` (δ₂ w₂), ``slope`` (1 − a²), ``delta1``,
        ``dw1``, ``db1``, ``new_loss`` after the step, ``checked`` (9,) and ``gradient`` (9,): finite differences and
        backpropagation for all nine parameters, and ``gap`` (1,), the largest difference.
    """
    x, y = np.array([1.0, 2.0]), 1.0
    w1, b1 = np.array([[0.5, -0.4], [0.3, 0.1]]), np.array([-0.1, 0.1])
    w2, b2 = np.array([0.8, -0.6]), 0.2

    z1 = x @ w1 + b1
    a = np.tanh(z1)
    z2 = a @ w2 + b2
    p = float(sigmoid(z2))
    loss = -np.log(p)
    delta2 = p - y
    dw2, db2 = a * delta2, delta2
    back, slope = delta2 * w2, 1 - a**2
    delta1 = back * slope
    dw1, db1 = np.outer(x, delta1), delta1

    parameters = [w1, b1, w2[:, None], np.array([b2])]
    gradient = [dw1, db1, dw2[:, None], np.array([db2])]
    batch = x[None], np.array([[y]])
    moved = [parameter - learning_rate * slope for parameter, slope in zip(parameters, gradient)]
    new_loss, _ = two_layer_loss_and_gradient(moved, *batch)
    checked = finite_differences(parameters, *batch, step=1e-6, output="sigmoid")
    flat = np.concatenate([part.ravel() for part in gradient])
    return {
        **{"x": x, "y": np.array(y), "w1": w1, "b1": b1, "w2": w2, "b2": np.array(b2)},
        **{"z1": z1, "a": a, "z2": np.array(z2), "p": np.array(p), "loss": np.array(loss)},
        **{"delta2": np.array(delta2), "dw2": dw2, "db2": np.array(db2), "back": back, "slope": slope},
        **{"delta1": delta1, "dw1": dw1, "db1": db1, "new_loss": np.array(new_loss)},
        **{"checked": checked, "gradient": flat, "gap": np.array([np.abs(checked - flat).max()])},
        "learning_rate": np.array(learning_rate),
    }


def finite_differences(parameters: Parameters, x: np.ndarray, y: np.ndarray, step: float, output: str) -> np.ndarray:
    """Return the central difference ``(J(θ + ε) − J(θ − ε)) / 2ε`` for each number of the parameters, in one row."""
    slopes = []
    for k, parameter in enumerate(parameters):
        for index in np.ndindex(parameter.shape):
            losses = []
            for sign in (1, -1):
                moved = parameter.copy()
                moved[index] += sign * step
                changed = [*parameters[:k], moved, *parameters[k + 1 :]]
                losses.append(two_layer_loss_and_gradient(changed, x, y, output=output)[0])
            slopes.append((losses[0] - losses[1]) / (2 * step))
    return np.array(slopes)


def relative_error(first: np.ndarray, second: np.ndarray) -> float:
    """Return ``‖first − second‖ / (‖first‖ + ‖second‖)``: near 0 where two gradients agree, 1 where they oppose."""
    return float(np.linalg.norm(first - second) / (np.linalg.norm(first) + np.linalg.norm(second)))


def gradient_check(
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
            errors[seed, i] = relative_error(right, finite_differences(parameters, x, y, size, "softmax"))
        measured = finite_differences(parameters, x, y, step, "softmax")
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
