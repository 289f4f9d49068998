"""Learning-rate schedules of a deep network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import histories
from layerwise.reports.inputs import Data

SCHEDULES: dict[str, Callable[[float, int], nn.LearningRateSchedule | float]] = {
    "constant": lambda rate, steps: rate,
    "step": lambda rate, steps: nn.PiecewiseConstantDecay(
        [steps // 2, 3 * steps // 4], [rate, 0.1 * rate, 0.01 * rate]
    ),
    "cosine": lambda rate, steps: nn.CosineDecay(rate, steps),
    "one_cycle": lambda rate, steps: nn.OneCycle(rate, steps),
}


def run(
    data: Data,
    rate: float = 0.1,
    units: Sequence[int] = (64, 64, 64, 64),
    examples: int = 1000,
    epochs: int = 15,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with Nesterov's momentum under four schedules of the same highest rate.

    Returns
    -------
    dict
        ``rate.<schedule>`` (steps,); ``loss.…``, ``validation.…`` (seeds, epochs); ``last.…``, ``accuracy.…`` (seeds,)
        at the end; ``wobble.…`` (seeds,): standard deviation of the validation accuracy over the last third.
    """
    splits = training_kit.narrow(data)
    steps = epochs * -(-examples // batch_size)
    result: dict[str, np.ndarray] = {}
    for name, make in SCHEDULES.items():
        schedule = make(rate, steps)
        losses, scores = histories(
            splits,
            lambda: nn.SGD(schedule, momentum=0.9, nesterov=True),  # noqa: B023
            units,
            examples,
            epochs,
            batch_size,
            range(seeds),
        )
        result |= {
            f"rate.{name}": np.array([schedule if isinstance(schedule, float) else schedule(k) for k in range(steps)]),
            f"loss.{name}": losses,
            f"validation.{name}": scores,
            f"last.{name}": losses[:, -1],
            f"accuracy.{name}": scores[:, -1],
            f"wobble.{name}": scores[:, -(epochs // 3) :].std(axis=1),
        }
    return result
