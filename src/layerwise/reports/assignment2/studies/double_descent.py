"""Double descent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.inputs import Data, Split, only


def run(
    data: Data,
    widths: Sequence[int] = (2, 4, 10, 14, 20, 26, 35, 50, 70, 100, 140),
    features: Sequence[int] = (10, 30, 60, 100, 130, 160, 180, 200, 220, 250, 300, 400, 600, 1000),
    examples: int = 1600,
    few: int = 200,
    noise: float = 0.15,
    seeds: int = 5,
    epochs: int = 250,
    learning_rate: float = 0.02,
    batch_size: int = 100,
) -> dict[str, np.ndarray]:
    """Measure the test error of models up to and beyond the size at which they fit noisy labels exactly.

    The models are networks with two hidden layers of ReLU units, trained by SGD with momentum 0.9 (Prince 2023,
    *Understanding Deep Learning*, notebook 8.3), and random ReLU features with the minimum-norm least-squares solution
    (Belkin et al. 2019, *Reconciling modern machine-learning practice and the classical bias-variance trade-off*).

    Parameters
    ----------
    widths, features : sequence of int
        Units in each hidden layer; number of random features.
    examples, few : int
        Training examples of each network, and those among them for random features.
    noise : float
        Share of training labels replaced by another class.
    seeds : int
        Each draws the training examples, the wrong labels and the initial weights.
    epochs, learning_rate, batch_size
        Training of the networks.

    Returns
    -------
    dict
        ``widths``, ``features``; ``trained.<units>``, ``fit.<units>``, ``validation.<units>`` (seeds,), the test,
        training and validation error of the networks; ``random.<features>`` (seeds,), the test error of random
        features. ``interpolates`` (1,), the smallest width with a mean training error below 1%, or the largest width if
        there is none; ``classical`` (1,), the smaller width with the lowest mean validation error; ``before``,
        ``threshold``, ``beyond`` (seeds,), the test error at the classical width, at the interpolating one and at the
        largest; ``random_before``, ``random_threshold``, ``random_beyond`` (seeds,), the test error with a third as
        many features as examples, with as many and with the most.
    """
    splits = only(data, np.float32)
    draws = [_noisy(splits["train"], examples, noise, seed) for seed in range(seeds)]
    xs, ys = np.stack([x for x, _ in draws]), np.stack([y for _, y in draws])
    classes = int(splits["train"][1].max()) + 1
    t = batched_networks.targets(ys, classes)
    measured = {"fit": (xs, ys), "validation": splits["validation"], "trained": splits["test"]}
    result: dict[str, np.ndarray] = {"widths": np.array(widths), "features": np.array(features)}
    for width in widths:
        parameters = batched_networks.start([xs.shape[-1], width, width, t.shape[-1]], "he", range(seeds))
        settings = {"activation": "relu", "learning_rate": learning_rate, "batch_size": batch_size}
        parameters = batched_networks.trained(parameters, xs, t, epochs, **settings)
        for name, (x, y) in measured.items():
            p = batched_networks.probabilities(parameters, x, "relu")
            result[f"{name}.{width}"] = 1 - batched_networks.accuracy(p, y)
    for count in features:
        result[f"random.{count}"] = np.array(
            [1 - _random_features(xs[i, :few], t[i, :few], *splits["test"], count, seed=i) for i in range(seeds)]
        )
    interpolating = next((width for width in widths if result[f"fit.{width}"].mean() < 0.01), widths[-1])
    smaller = [width for width in widths if width < interpolating] or [interpolating]
    classical = min(smaller, key=lambda width: result[f"validation.{width}"].mean())
    third, equal = (min(features, key=lambda count: abs(count - size)) for size in (few / 3, few))
    return result | {
        "interpolates": np.array([interpolating]),
        "classical": np.array([classical]),
        "before": result[f"trained.{classical}"],
        "threshold": result[f"trained.{interpolating}"],
        "beyond": result[f"trained.{widths[-1]}"],
        "random_before": result[f"random.{third}"],
        "random_threshold": result[f"random.{equal}"],
        "random_beyond": result[f"random.{features[-1]}"],
    }


def _noisy(split: Split, examples: int, noise: float, seed: int) -> Split:
    """Draw training examples and replace the labels of a share of them by another class."""
    x, y = split
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(y), examples, replace=False)
    wrong = rng.choice(examples, round(noise * examples), replace=False)
    noisy = y[rows].copy()
    classes = int(y.max()) + 1
    noisy[wrong] = (noisy[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return x[rows], noisy


def _random_features(x: np.ndarray, t: np.ndarray, xt: np.ndarray, yt: np.ndarray, count: int, seed: int) -> float:
    """Return the test accuracy of minimum-norm least squares on ``count`` random ReLU features."""
    rng = np.random.default_rng([seed, count])
    weights = rng.normal(size=(x.shape[1], count)) / x.shape[1] ** 0.5
    bias = 0.1 * rng.normal(size=count)
    hidden, hidden_t = (np.maximum(part @ weights + bias, 0) for part in (x, xt))
    solution = np.linalg.lstsq(hidden, 2 * t - 1, rcond=1e-10)[0]
    scores = hidden_t @ solution
    predicted = scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] > 0
    return float(np.mean(predicted == yt))
