"""Adversarial attacks: the fast gradient sign method and projected gradient descent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs, split
from layerwise.reports.training_kit import probabilities


def run(
    data: Data,
    runs: Runs,
    epsilons: Sequence[float] = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3),
    images: int = 150,
    steps: int = 10,
    shown: float = 0.1,
    examples: int = 5,
) -> dict[str, np.ndarray]:
    """Attack trained networks with changes of at most ε per pixel, and measure their accuracy.

    Parameters
    ----------
    data : mapping
        One dataset of images with values from 0 to 1.
    runs : mapping
        The runs of each network; their outputs are logits.
    epsilons : sequence of float
        Largest changes of a pixel, in ascending order.
    images, steps : int
        Number of test images, and of steps of projected gradient descent.
    shown : float
        One of ``epsilons``: that of the returned images.
    examples : int
        Number of returned images, of different classes, which the last network's first run classifies correctly.

    Returns
    -------
    dict
        ``epsilon`` (n,); ``<attack>.<experiment>`` (runs, n), the accuracy after the attacks ``FGSM``, ``PGD`` and the
        control ``noise``, random signs of the same size; ``shown.<attack>.<experiment>`` (runs,), of these that at the
        ε of the images. For the first run of the last network: ``image.<attack>``
        (examples, height, width) and ``predicted.<attack>`` (examples,), also for the unchanged images, ``clean``.
    """
    x, y = (array[:images] for array in split(data))
    result: dict[str, np.ndarray] = {"epsilon": np.array(epsilons)}
    for name, trained in runs.items():
        accuracies: dict[str, list[np.ndarray]] = {}
        for seed, model in enumerate(trained.models()):
            for attack, values in _accuracies(model, x, y, epsilons, steps, seed).items():
                accuracies.setdefault(attack, []).append(values)
        for attack, rows in accuracies.items():
            experiment = name.partition("/")[0]
            result[f"{attack}.{experiment}"] = np.array(rows)
            result[f"shown.{attack}.{experiment}"] = np.array(rows)[:, list(epsilons).index(shown)]
    model = next(trained.models())
    right = np.flatnonzero(predicted(model, x) == y)
    chosen = right[np.unique(y[right], return_index=True)[1]][:examples]
    clean, labels = x[chosen], y[chosen]
    attacked = {
        "clean": clean,
        "noise": random_signs(clean, shown, 0),
        "FGSM": fast_gradient_sign(model, clean, labels, shown),
        "PGD": projected_gradient(model, clean, labels, shown, steps, 0),
    }
    for attack, changed in attacked.items():
        result[f"image.{attack}"] = changed[..., 0]
        result[f"predicted.{attack}"] = predicted(model, changed)
    return result


def _accuracies(
    model: nn.Sequential, x: np.ndarray, y: np.ndarray, epsilons: Sequence[float], steps: int, seed: int
) -> dict[str, np.ndarray]:
    right = predicted(model, x) == y
    result: dict[str, list[float]] = {"noise": [], "FGSM": [], "PGD": []}
    for epsilon in epsilons:
        result["noise"].append(np.mean(predicted(model, random_signs(x, epsilon, seed)) == y))
        result["FGSM"].append(np.mean(predicted(model, fast_gradient_sign(model, x, y, epsilon)) == y))
        rows = np.flatnonzero(right)  # what a smaller change can do, a larger one can too
        if len(rows) and epsilon:
            attacked = projected_gradient(model, x[rows], y[rows], epsilon, steps, seed)
            right[rows] = predicted(model, attacked) == y[rows]
        result["PGD"].append(np.mean(right))
    return {attack: np.array(values) for attack, values in result.items()}


def predicted(model: nn.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the predicted classes."""
    return model.predict(x, batch_size=256, verbose=0).argmax(axis=1)


def loss_gradient(model: nn.Sequential, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient of each example's cross-entropy with respect to its pixels."""
    error = probabilities(model.forward(x, training=False))
    error[np.arange(len(y)), y] -= 1
    return np.asarray(model.backward(error, input_gradient=True))


def fast_gradient_sign(model: nn.Sequential, x: np.ndarray, y: np.ndarray, epsilon: float) -> np.ndarray:
    """Return the examples after one step of ε along the sign of the gradient (FGSM, Goodfellow et al. 2015)."""
    return np.clip(x + np.float32(epsilon) * np.sign(loss_gradient(model, x, y)), 0, 1)


def projected_gradient(
    model: nn.Sequential, x: np.ndarray, y: np.ndarray, epsilon: float, steps: int, seed: int
) -> np.ndarray:
    """Return the examples after projected gradient descent (PGD, Madry et al. 2018).

    From a random point, each step goes along the sign of the gradient and is cut off at a distance of ε per pixel.
    """
    rng = np.random.default_rng(seed)
    size = np.float32(2.5 * epsilon / steps)
    low, high = np.maximum(x - np.float32(epsilon), 0), np.minimum(x + np.float32(epsilon), 1)
    changed = np.clip(x + rng.uniform(-epsilon, epsilon, x.shape).astype(x.dtype), low, high)
    for _ in range(steps):
        changed = np.clip(changed + size * np.sign(loss_gradient(model, changed, y)), low, high)
    return changed


def random_signs(x: np.ndarray, epsilon: float, seed: int) -> np.ndarray:
    """Return the examples with each pixel changed by ±ε at random."""
    signs = np.random.default_rng(seed).choice(np.array([-1, 1], np.float32), x.shape)
    return np.clip(x + np.float32(epsilon) * signs, 0, 1)
