"""Robustness to learning rate, initialization and batch size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import NORMALIZATIONS
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    setting: str,
    values: Sequence[float],
    norms: Sequence[str] = ("plain", "batch"),
    units: Sequence[int] = (64, 64, 64),
    examples: int = 1000,
    epochs: int = 10,
    batch_size: int = 50,
    learning_rate: float = 0.1,
    enough: float = 0.8,
    memory: int = 500,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train ReLU networks by SGD for several values of one setting, with and without normalization.

    Parameters
    ----------
    setting : {"learning_rate", "scale", "batch_size"}
        What ``values`` are: learning rates, factors of He's initial weights, or batch sizes.
    norms : sequence of {"plain", "batch", "layer"}
    enough : float
        Validation accuracy at which a value counts as tolerated.
    memory : int
        Number of examples over which the running statistics average, independent of the batch size.

    Returns
    -------
    dict
        ``values`` (v,); validation accuracy ``accuracy.<norm>`` (seeds, v), and (seeds,) at the first and last value
        ``first.<norm>`` and ``last.<norm>``; ``highest.<norm>`` (seeds,), the highest tolerated value;
        ``decades.<norm>`` (seeds,), the tolerated range in factors of ten.
    """
    splits = only(data, np.float32)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1
    result: dict[str, np.ndarray] = {"values": np.array(values)}
    for name in norms:
        table = np.zeros((seeds, len(values)))
        for seed in range(seeds):
            split = training_kit.draw(splits["train"], examples, seed)
            for k, value in enumerate(values):
                settings = {"learning_rate": learning_rate, "scale": 1.0, "batch_size": batch_size, setting: value}
                start = nn.HeNormal()
                start.scale *= settings["scale"] ** 2  # the variance is scale / fan_in
                size = int(settings["batch_size"])
                momentum = max(0.0, 1 - size / memory)
                stack = training_kit.layers(
                    units, classes, norm=NORMALIZATIONS[name], momentum=momentum, initializer=start
                )
                model = training_kit.train(stack, split, seed, nn.SGD(float(settings["learning_rate"])), epochs, size)
                table[seed, k] = training_kit.accuracy(training_kit.logits(model, xv), yv)
        tolerated = [np.array(values)[row >= enough] for row in table]
        result |= {
            f"accuracy.{name}": table,
            f"highest.{name}": np.array([v.max() if len(v) else 0.0 for v in tolerated]),
            f"decades.{name}": np.array([np.log10(v.max() / v.min()) if len(v) else 0.0 for v in tolerated]),
            f"first.{name}": table[:, 0],
            f"last.{name}": table[:, -1],
        }
    return result
