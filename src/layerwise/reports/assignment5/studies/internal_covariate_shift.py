"""Internal covariate shift: the experiment of Ioffe and Szegedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import NORMALIZATIONS
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    units: Sequence[int] = (100, 100, 100),
    steps: int = 50_000,
    every: int = 500,
    batch_size: int = 60,
    learning_rate: float = 0.5,
    deviation: float = 0.1,
    seeds: int = 5,
    probe: int = 500,
) -> dict[str, np.ndarray]:
    """Train a sigmoid network with and without batch normalization (Ioffe & Szegedy 2015, section 4.1).

    Parameters
    ----------
    steps, every : int
        Number of training steps, and of steps between two measurements.
    deviation : float
        Standard deviation of the initial weights; the paper says only "small random Gaussian values".
    probe : int
        Number of validation examples on which the inputs to the last hidden layer are recorded.

    Returns
    -------
    dict
        ``step`` (t,); for ``plain`` and ``batch``: ``accuracy.…`` (seeds, t), the validation accuracy; ``input.…``
        (t, 3), the 15%, 50% and 85% quantiles of the input to one unit of the last hidden layer, first seed;
        ``drift.…`` (seeds,), the range of a unit's median input during training over the final distance between its
        15% and 85% quantiles, mean over the units.
    """
    splits = only(data, np.float32)
    x, y = splits["train"]
    xv, yv = splits["validation"]
    epochs = -(-steps * batch_size // len(y))
    result: dict[str, Any] = {}
    for name in ("plain", "batch"):
        curves, quantiles = [], []
        for seed in range(seeds):
            stack = training_kit.layers(
                units,
                int(y.max()) + 1,
                "sigmoid",
                NORMALIZATIONS[name],
                initializer=nn.RandomNormal(stddev=deviation),
            )
            recorder = training_kit.Steps(every, lambda model: _inputs(model, xv, yv, probe))
            training_kit.train(stack, (x, y), seed, nn.SGD(learning_rate), epochs, batch_size, callbacks=[recorder])
            records = [record for step, record in zip(recorder.at, recorder.seen) if step <= steps]
            curves.append([share for share, _ in records])
            quantiles.append(np.array([inputs for _, inputs in records]))
        at = np.array(recorder.at[: len(records)])
        accuracy, inputs = np.array(curves), np.array(quantiles)  # (seeds, t), (seeds, t, 3, units)
        spread = inputs[:, -1, 2] - inputs[:, -1, 0]
        result |= {
            "step": at,
            f"accuracy.{name}": accuracy,
            f"input.{name}": inputs[0, :, :, 0],
            f"drift.{name}": (np.ptp(inputs[:, :, 1], axis=1) / spread).mean(axis=1),
        }
    return result


def _inputs(model: nn.Sequential, xv: np.ndarray, yv: np.ndarray, probe: int) -> tuple[float, np.ndarray]:
    """Return the validation accuracy and three quantiles of the input to each unit of the last hidden layer."""
    z = xv[:probe]
    for layer in model.layers[:-2]:
        z = layer.forward(z)
    quantiles = np.quantile(z, [0.15, 0.5, 0.85], axis=0)
    return training_kit.accuracy(training_kit.logits(model, xv), yv), quantiles
