"""Smoothness of the loss along the gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment5 import batched_networks
from layerwise.reports.assignment5.batched_networks import Networks, Setting
from layerwise.reports.assignment5.shared import NORMALIZATIONS
from layerwise.reports.inputs import Data, only

MEASURES = ("loss_range", "gradient_change", "smoothness")


def run(
    data: Data,
    learning_rate: float = 0.1,
    factors: Sequence[float] = (0.5, 1.0, 2.0, 4.0),
    norms: Sequence[str] = ("plain", "batch"),
    units: Sequence[int] = (64, 64, 64, 64),
    steps: int = 500,
    every: int = 20,
    probe: int = 200,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Measure how loss and gradient change along a step (Santurkar et al. 2018, figure 4).

    During training by SGD, the gradient g is computed at the weights w, and again at w − a η g for factors a of the
    learning rate η, on the same ``probe`` training examples.

    Returns
    -------
    dict
        ``step`` (t,); for each normalization (seeds, t): ``loss_range.…``, the range of the loss over all a, in nats;
        ``gradient_change.…``, the largest ‖g(w − a η g) − g(w)‖ / ‖g(w)‖; ``smoothness.…``, the effective β, the
        largest ‖g(w − a η g) − g(w)‖ / ‖a η g(w)‖; ``mean_<measure>.…`` (seeds,), the geometric means over the steps
        after the first.
    """
    splits = {"train": only(data, np.float32)["train"]}
    x, y = (array[:probe] for array in splits["train"])
    batch = x, np.eye(int(splits["train"][1].max()) + 1, dtype=np.float32)[y]
    result = {"step": np.arange(0, steps + 1, every)}
    for name in norms:
        curves = batched_networks.train(
            splits,
            [Setting(seed, learning_rate) for seed in range(seeds)],
            units,
            len(splits["train"][1]),
            steps,
            norm=NORMALIZATIONS[name],
            optimizer="sgd",
            look=lambda networks: along_the_gradient(networks, *batch, learning_rate * np.array(factors)),
            every=every,
        ).curves
        for k, measure in enumerate(MEASURES):
            result |= {
                f"{measure}.{name}": curves[..., k],
                f"mean_{measure}.{name}": np.exp(np.log(curves[:, 1:, k]).mean(axis=1)),
            }
    return result


def along_the_gradient(networks: Networks, x: np.ndarray, targets: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Return loss range, relative gradient change and effective smoothness ``(networks, 3)`` along the gradient.

    Examples ``(n, d)``, targets ``(n, classes)``; ``rates`` are the lengths of the steps in gradients. The networks are
    left unchanged.
    """
    saved = [networks.weights, *networks.means, *networks.variances]
    before = [array.copy() for array in saved]
    losses = [networks.loss_and_gradient(x, targets)]
    gradient = networks.gradient.copy()
    length = np.linalg.norm(gradient, axis=1)
    changes = []
    for rate in rates:
        networks.weights[...] = before[0] - np.float32(rate) * gradient
        losses.append(networks.loss_and_gradient(x, targets))
        changes.append(np.linalg.norm(networks.gradient - gradient, axis=1) / length)
    for array, value in zip(saved, before):
        array[...] = value
    smoothness = np.max(changes / rates[:, None], axis=0)
    return np.stack([np.ptp(losses, axis=0), np.max(changes, axis=0), smoothness], axis=1)
