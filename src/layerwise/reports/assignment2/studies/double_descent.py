"""Double descent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    widths: Sequence[int] = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200),
    features: Sequence[int] = (10, 30, 60, 100, 130, 160, 180, 200, 220, 250, 300, 400, 600, 1000),
    examples: int = 200,
    noise: float = 0.2,
    seeds: int = 10,
    epochs: int = 1000,
    learning_rate: float = 0.1,
) -> dict[str, np.ndarray]:
    """Measure the test error of models up to and beyond the size at which they fit noisy labels exactly.

    The models are networks trained by gradient descent, and random ReLU features with the minimum-norm least-squares
    solution, for which double descent is known to occur where there are as many features as examples (Belkin et al.
    2019, *Reconciling modern machine-learning practice and the classical bias-variance trade-off*).

    Returns
    -------
    dict
        ``widths``, ``features``; ``trained.<units>``, ``fit.<units>`` (seeds,), the test and training error of trained
        networks; ``random.<features>`` (seeds,), the test error of random features. ``interpolates`` (1,), the
        smallest width with a mean training error below 1%, or the largest width if there is none; ``before``,
        ``threshold``, ``beyond`` (seeds,), the test error at a third of that width, at that width and at the largest;
        ``random_before``, ``random_threshold``, ``random_beyond`` (seeds,), the test error with n/3, n and the most
        features.
    """
    splits = only(data, np.float32)
    (x, y), (xt, yt) = splits["train"], splits["test"]
    classes = int(y.max()) + 1
    sets, labels = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rows = rng.choice(len(y), examples, replace=False)
        wrong = rng.choice(examples, round(noise * examples), replace=False)
        noisy = y[rows].copy()
        noisy[wrong] = (noisy[wrong] + rng.integers(1, classes, len(wrong))) % classes
        sets.append(x[rows])
        labels.append(noisy)
    xs, ys = np.stack(sets), np.stack(labels)
    t = batched_networks.targets(ys, classes)
    result: dict[str, np.ndarray] = {"widths": np.array(widths), "features": np.array(features)}
    for width in widths:
        parameters = batched_networks.start([x.shape[1], width, t.shape[-1]], "he", range(seeds))
        settings = {"activation": "relu", "learning_rate": learning_rate}
        parameters = batched_networks.trained(parameters, xs, t, epochs, **settings)
        result[f"fit.{width}"] = 1 - batched_networks.accuracy(
            batched_networks.probabilities(parameters, xs, "relu"), ys
        )
        result[f"trained.{width}"] = 1 - batched_networks.accuracy(
            batched_networks.probabilities(parameters, xt, "relu"), yt
        )
    for count in features:
        result[f"random.{count}"] = np.array(
            [1 - _random_features(xs[i], t[i], xt, yt, count, seed=i) for i in range(seeds)]
        )
    interpolating = next((width for width in widths if result[f"fit.{width}"].mean() < 0.01), widths[-1])
    third = min(widths, key=lambda width: abs(width - interpolating / 3))
    few = min(features, key=lambda count: abs(count - examples / 3))
    equal = min(features, key=lambda count: abs(count - examples))
    return result | {
        "interpolates": np.array([interpolating]),
        "before": result[f"trained.{third}"],
        "threshold": result[f"trained.{interpolating}"],
        "beyond": result[f"trained.{widths[-1]}"],
        "random_before": result[f"random.{few}"],
        "random_threshold": result[f"random.{equal}"],
        "random_beyond": result[f"random.{features[-1]}"],
    }


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
