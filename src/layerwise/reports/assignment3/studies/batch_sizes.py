"""Batch size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.assignment3.shared import network, root_mean_square
from layerwise.reports.inputs import Data, Split, only
from layerwise.reports.training_kit import OPTIMIZERS, fit


def run(
    data: Data,
    sizes: Sequence[int] = (8, 32, 128, 512),
    learning_rate: float = 0.03,
    base: int = 32,
    hidden: Sequence[int] = (64,),
    epochs: int = 20,
    seeds: int = 5,
    draws: int = 40,
) -> dict[str, np.ndarray]:
    """Train with several batch sizes, at a fixed learning rate and at one proportional to the size (Goyal et al. 2017).

    Returns
    -------
    dict
        ``sizes`` (s,); ``fixed.<size>``, ``scaled.<size>`` (seeds, epochs), the training loss; ``fixed_end.<size>``,
        ``scaled_end.<size>`` (seeds,), the final training loss; ``noise`` (seeds, s), the mean relative error of a
        batch's gradient with respect to the full gradient, before training; ``slope`` (seeds,), the slope of log noise
        over log size.
    """
    train = only(data, np.float32)["train"]
    result: dict[str, np.ndarray] = {"sizes": np.array(sizes)}
    for kind in ("fixed", "scaled"):
        for size in sizes:
            rate = learning_rate * (size / base if kind == "scaled" else 1)
            curves = [
                fit(network(*train, hidden, seed, OPTIMIZERS["momentum"](rate)), train, epochs, size)["loss"]
                for seed in range(seeds)
            ]
            result |= {f"{kind}.{size}": np.array(curves), f"{kind}_end.{size}": np.array(curves)[:, -1]}
    noise = np.array([_noise(network(*train, hidden, seed), train, sizes, draws, seed) for seed in range(seeds)])
    slope = [np.polyfit(np.log(sizes), np.log(row), 1)[0] for row in noise]
    return {**result, "noise": noise, "slope": np.array(slope)}


def _noise(model: nn.Sequential, train: Split, sizes: Sequence[int], draws: int, seed: int) -> list[float]:
    """Return the mean relative error of a batch's gradient with respect to the full gradient, for each batch size."""
    x, y = train
    rng = np.random.default_rng(seed)

    def gradient(rows: np.ndarray) -> np.ndarray:
        model.backward(model.loss.value_and_gradient(y[rows], model.forward(x[rows], training=True))[1])
        return model.grads.copy()

    full = gradient(np.arange(len(y)))

    def relative_noise(size: int) -> float:
        return root_mean_square(gradient(rng.choice(len(y), size)) - full) / root_mean_square(full)

    return [float(np.mean([relative_noise(size) for _ in range(draws)])) for size in sizes]
