"""Optimizers of a deep network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import histories
from layerwise.reports.inputs import Data

OPTIMIZERS: dict[str, Callable[..., nn.Optimizer]] = {
    "sgd": nn.SGD,
    "momentum": lambda rate: nn.SGD(rate, momentum=0.9),
    "nesterov": lambda rate: nn.SGD(rate, momentum=0.9, nesterov=True),
    "rmsprop": nn.RMSprop,
    "adam": nn.Adam,
    "adamw": lambda rate: nn.AdamW(rate, weight_decay=0.01),
}


def run(
    data: Data,
    rates: dict[str, Sequence[float]],
    units: Sequence[int] = (64, 64, 64, 64),
    examples: int = 1000,
    epochs: int = 15,
    batch_size: int = 50,
    tuning: int = 2,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train a deep ReLU network with six optimizers, each at the learning rate of the lowest training loss.

    Parameters
    ----------
    rates : mapping of str to sequence of float
        Learning rates to choose from, for each of `OPTIMIZERS`.
    tuning : int
        Seeds, other than those reported, on which the rate is chosen.

    Returns
    -------
    dict
        ``rate.<optimizer>`` (1,); ``loss.<optimizer>`` (seeds, epochs) of training, ``validation.…`` (seeds, epochs)
        accuracies; ``early.…`` (seeds,), training loss after a third of the epochs; ``last.…``, ``accuracy.…``
        (seeds,), training loss and validation accuracy at the end.
    """
    splits = training_kit.narrow(data)
    settings = {"units": units, "examples": examples, "epochs": epochs, "batch_size": batch_size}
    result: dict[str, np.ndarray] = {}
    for name, make in OPTIMIZERS.items():
        trials = []
        for rate in rates[name]:
            losses, _ = histories(
                splits,
                lambda: make(rate),  # noqa: B023
                **settings,  # type: ignore[arg-type]
                seeds=range(100, 100 + tuning),
            )
            trials.append(losses[:, -1].mean())
        best = rates[name][int(np.argmin(trials))]
        losses, scores = histories(splits, lambda: make(best), **settings, seeds=range(seeds))  # type: ignore[arg-type] # noqa: B023
        result |= {
            f"rate.{name}": np.array([best]),
            f"loss.{name}": losses,
            f"validation.{name}": scores,
            f"early.{name}": losses[:, epochs // 3 - 1],
            f"last.{name}": losses[:, -1],
            f"accuracy.{name}": scores[:, -1],
        }
    return result
