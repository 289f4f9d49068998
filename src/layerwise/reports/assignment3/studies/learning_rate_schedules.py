"""Learning-rate schedules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.assignment3.shared import OPTIMIZERS, Rate, fit, network, splits
from layerwise.reports.inputs import Data


def run(
    data: Data, peak: float = 0.3, hidden: Sequence[int] = (64,), epochs: int = 20, seeds: int = 5
) -> dict[str, np.ndarray]:
    """Train at a constant rate and along schedules that begin, or peak, at the same one.

    Returns
    -------
    dict
        ``step`` (t,); for each schedule ``rate.…`` (t,), the rate at each step, ``train.…``, ``validation.…`` (seeds,
        epochs) loss, ``decades.…`` (seeds,), the logarithm to base 10 of the last of the former, and ``final.…``
        (seeds,), the last of the latter.
    """
    train, validation = splits(data)
    steps = epochs * -(-len(train[0]) // 32)
    kinds: dict[str, Rate] = {
        "constant": peak,
        "steps": nn.PiecewiseConstantDecay([steps // 2, 3 * steps // 4], [peak, peak / 10, peak / 100]),
        "exponential": nn.schedules.ExponentialDecay(peak, steps, 0.01),
        "cosine": nn.CosineDecay(peak, steps),
        "warm-up and cosine": nn.CosineDecay(0.0, steps - steps // 10, warmup_target=peak, warmup_steps=steps // 10),
        "one cycle": nn.OneCycle(peak, steps),
    }
    result: dict[str, np.ndarray] = {"step": np.arange(steps)}
    for name, rate in kinds.items():
        runs = [
            fit(network(*train, hidden, seed, OPTIMIZERS["momentum"](rate)), train, validation, epochs)
            for seed in range(seeds)
        ]
        at = [rate(step) if callable(rate) else rate for step in range(steps)]
        result |= {
            f"rate.{name}": np.array(at, dtype=float),
            f"train.{name}": np.array([run["loss"] for run in runs]),
            f"validation.{name}": np.array([run["val_loss"] for run in runs]),
            f"decades.{name}": np.log10([run["loss"][-1] for run in runs]),
            f"final.{name}": np.array([run["val_loss"][-1] for run in runs]),
        }
    return result
