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
    """Train ReLU networks by SGD over one setting, with and without normalization.

    Parameters
    ----------
    setting : {"learning_rate", "scale", "batch_size"}
        What ``values`` are: learning rates, factors of He's first weights, or examples in a batch.
    norms : sequence of {"plain", "batch", "layer"}
    enough : float
        Validation accuracy from which on a value counts as tolerated.
    memory : int
        Examples that the running statistics remember, however many there are in a batch.

    Returns
    -------
    dict
        ``values`` (v,); ``accuracy.<norm>`` (seeds, v) on validation; (seeds,): ``highest.<norm>``, the highest value
        tolerated, ``decades.<norm>``, how many factors of ten lie between the lowest and the highest, ``first.<norm>``
        and ``last.<norm>``, the accuracies at the ends.
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
                chosen = {"learning_rate": learning_rate, "scale": 1.0, "batch_size": batch_size, setting: value}
                start = nn.HeNormal()
                start.scale *= chosen["scale"] ** 2  # its variance is scale / fan in
                size = int(chosen["batch_size"])
                momentum = max(0.0, 1 - size / memory)
                stack = training_kit.layers(
                    units, classes, norm=NORMALIZATIONS[name], momentum=momentum, initializer=start
                )
                model = training_kit.train(stack, split, seed, nn.SGD(float(chosen["learning_rate"])), epochs, size)
                table[seed, k] = training_kit.accuracy(training_kit.logits(model, xv), yv)
        borne = [np.array(values)[row >= enough] for row in table]
        result |= {
            f"accuracy.{name}": table,
            f"highest.{name}": np.array([kept.max() if len(kept) else 0.0 for kept in borne]),
            f"decades.{name}": np.array([np.log10(kept.max() / kept.min()) if len(kept) else 0.0 for kept in borne]),
            f"first.{name}": table[:, 0],
            f"last.{name}": table[:, -1],
        }
    return result
