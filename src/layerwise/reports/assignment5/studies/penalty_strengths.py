"""L1 and L2 regularization: strength."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import kernels
from layerwise.reports.inputs import Data, named, only

PENALTIES: dict[str, Callable[[float], nn.Regularizer]] = {"l2": nn.L2, "l1": nn.L1}
SMALL = 1e-3  # smaller weights count as zero, as Adam does not make them exactly zero


def run(
    data: Data,
    values: Sequence[float] = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
    units: Sequence[int] = (64, 64),
    examples: int = 500,
    epochs: int = 30,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with L2 and L1 penalties of several strengths.

    Returns
    -------
    dict
        ``values`` (v,); for ``l2`` and ``l1`` (seeds, v): errors ``train.…`` and ``validation.…``, ``norm.…`` of all
        weights, ``small.…``, the share of weights below 0.001; ``plain.<measure>`` (seeds,), the same without a
        penalty; ``chosen.…`` (1,), the strongest penalty whose mean validation error is within a standard error of the
        lowest (Breiman et al. 1984); ``chosen_<measure>.…`` (seeds,), the measures at this strength;
        ``weights.<plain|l1|l2>`` (w,), the weights at this strength, first seed.
    """
    splits = only(data, np.float32)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1

    def measured(regularizer: nn.Regularizer | None, seed: int) -> tuple[list[float], np.ndarray]:
        x, y = training_kit.draw(splits["train"], examples, seed)
        stack = training_kit.layers(units, classes, regularizer=regularizer)
        model = training_kit.train(stack, (x, y), seed, nn.Adam(1e-3), epochs, batch_size)
        weights = kernels(model)
        errors = [1 - training_kit.accuracy(training_kit.logits(model, xs), ys) for xs, ys in ((x, y), (xv, yv))]
        return [*errors, float(np.linalg.norm(weights)), float((np.abs(weights) < SMALL).mean())], weights

    measures = ("train", "validation", "norm", "small")
    baselines = [measured(None, seed) for seed in range(seeds)]
    plain = np.array([numbers for numbers, _ in baselines])
    result: dict[str, np.ndarray] = {"values": np.array(values), "weights.plain": baselines[0][1]}
    result |= named("plain", measures, plain.T)
    for name, make in PENALTIES.items():
        runs = [[measured(make(value), seed) for value in values] for seed in range(seeds)]
        table = np.array([[numbers for numbers, _ in row] for row in runs])
        result |= {f"{measure}.{name}": table[:, :, i] for i, measure in enumerate(measures)}
        mean = table[:, :, 1].mean(axis=0)
        error = table[:, :, 1].std(axis=0, ddof=1) / seeds**0.5
        lowest = int(np.argmin(mean))
        k = int(np.flatnonzero(mean <= mean[lowest] + error[lowest])[-1])
        result |= {f"chosen.{name}": np.array([values[k]]), f"weights.{name}": runs[0][k][1]}
        result |= {f"chosen_{measure}.{name}": table[:, k, i] for i, measure in enumerate(measures)}
    return result
