"""Vectorization and broadcasting."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from layerwise.estimators.descent import gradient_descent
from layerwise.estimators.logistic_regression import logistic_loss_and_gradient
from layerwise.reports.inputs import Data, named, only


def gradient_by_loops(w: np.ndarray, b: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient of the logistic loss ``(d + 1,)``, the bias last, computed with Python loops."""
    n, d = x.shape
    gradient = [0.0] * (d + 1)
    for i in range(n):
        z = b
        for j in range(d):
            z += w[j] * x[i, j]
        error = 1 / (1 + math.exp(-z)) - y[i]
        for j in range(d):
            gradient[j] += error * x[i, j] / n
        gradient[d] += error / n
    return np.array(gradient)


def gradient_by_rows(w: np.ndarray, b: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the same gradient, computed with a loop over examples and vectorized over features."""
    gradient = np.zeros(len(w) + 1)
    for row, target in zip(x, y):
        error = 1 / (1 + math.exp(-(row @ w + b))) - target
        gradient[:-1] += error * row / len(x)
        gradient[-1] += error / len(x)
    return gradient


def gradient_at_once(w: np.ndarray, b: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the same gradient, vectorized over examples and features, with the bias broadcast over the rows."""
    error = 1 / (1 + np.exp(-(x @ w + b))) - y
    return np.append(x.T @ error, error.sum()) / len(x)


WAYS = {"loops": gradient_by_loops, "rows": gradient_by_rows, "at once": gradient_at_once}


def run(
    data: Data,
    rows: Sequence[int] = (10, 100, 1000, 10_000),
    columns: Sequence[int] = (2, 30, 300),
    repeats: int = 5,
    sizes: Sequence[int | str] = ("all", 32, 1),
    epochs: int = 5,
) -> dict[str, np.ndarray]:
    """Time three implementations of the gradient, and an epoch of gradient descent for several batch sizes.

    Returns
    -------
    dict
        ``rows`` (n,), ``columns`` (d,); ``seconds.<way>`` (n, d), the minimum over the repeats; ``difference.<way>``
        (n · d,), the largest difference from the gradient of the loops; ``speedup`` (repeats,) of the vectorized
        gradient over the loops for 1,000 rows and 30 columns; ``epoch.<size>`` (repeats,), seconds per epoch on the
        dataset.
    """
    rng = np.random.default_rng(0)
    seconds = {way: np.zeros((len(rows), len(columns))) for way in WAYS}
    difference: dict[str, list[float]] = {way: [] for way in WAYS}
    for i, n in enumerate(rows):
        for j, d in enumerate(columns):
            problem = _problem(rng, n, d)
            times = repeats if n * d < 100_000 else 1
            results = {way: [_timed(gradient, *problem) for _ in range(times)] for way, gradient in WAYS.items()}
            _, reference = results["loops"][0]
            for way, runs in results.items():
                seconds[way][i, j] = min(elapsed for elapsed, _ in runs)
                difference[way].append(float(np.abs(runs[0][1] - reference).max()))
    problem = _problem(rng, 1000, 30)
    speedup = [
        _timed(gradient_by_loops, *problem)[0] / min(_timed(gradient_at_once, *problem)[0] for _ in range(20))
        for _ in range(repeats)
    ]
    x, y = only(data)["train"]
    target = (y == 1).astype(float)[:, None]
    epoch = [[_epoch_seconds(x, target, size, epochs) for _ in range(repeats)] for size in sizes]
    return {
        "rows": np.array(rows),
        "columns": np.array(columns),
        "speedup": np.array(speedup),
        **named("seconds", WAYS, seconds.values()),
        **named("difference", WAYS, difference.values()),
        **named("epoch", sizes, epoch),
    }


def _problem(rng: np.random.Generator, n: int, d: int):
    return rng.normal(size=d) / d**0.5, 0.1, rng.normal(size=(n, d)), rng.integers(2, size=n).astype(float)


def _timed(gradient: Callable[..., np.ndarray], *problem) -> tuple[float, np.ndarray]:
    """Return the computing time in seconds, and the gradient."""
    start = time.perf_counter()
    result = gradient(*problem)
    return time.perf_counter() - start, result


def _epoch_seconds(x: np.ndarray, target: np.ndarray, size: int | str, epochs: int) -> float:
    steps = gradient_descent(
        lambda parameters, rows: logistic_loss_and_gradient(parameters[0], parameters[1], x[rows], target[rows]),
        [np.zeros((x.shape[1], 1)), np.zeros(1)],
        len(x),
        learning_rate=0.1,
        batch_size=None if size == "all" else int(size),
        random_state=np.random.RandomState(0),
    )
    start = time.perf_counter()
    for step in steps:
        if step.epoch == epochs:
            break
    return (time.perf_counter() - start) / epochs
