"""Optimizers and learning-rate schedules on the same deep network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerwise import nn
from layerwise.studies import deep_networks as deep
from layerwise.studies.inputs import Data, Split, Splits

OPTIMIZERS: dict[str, Callable[..., nn.Optimizer]] = {
    "sgd": nn.SGD,
    "momentum": lambda rate: nn.SGD(rate, momentum=0.9),
    "nesterov": lambda rate: nn.SGD(rate, momentum=0.9, nesterov=True),
    "rmsprop": nn.RMSprop,
    "adam": nn.Adam,
    "adamw": lambda rate: nn.AdamW(rate, weight_decay=0.01),
}
SCHEDULES: dict[str, Callable[[float, int], nn.LearningRateSchedule | float]] = {
    "constant": lambda rate, steps: rate,
    "step": lambda rate, steps: nn.PiecewiseConstantDecay(
        [steps // 2, 3 * steps // 4], [rate, 0.1 * rate, 0.01 * rate]
    ),
    "cosine": lambda rate, steps: nn.CosineDecay(rate, steps),
    "one_cycle": lambda rate, steps: nn.OneCycle(rate, steps),
}


def _histories(
    splits: Splits,
    make: Callable[[], nn.Optimizer],
    units: Sequence[int],
    examples: int,
    epochs: int,
    batch_size: int,
    seeds: Sequence[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Return training losses and validation accuracies ``(seeds, epochs)``; a diverged run keeps its last numbers."""
    classes = int(splits["validation"][1].max()) + 1
    losses, scores = [], []
    for seed in seeds:
        split: Split = deep.draw(splits["train"], examples, seed)
        stack = deep.layers(units, classes)
        model = deep.train(stack, split, seed, make(), epochs, batch_size, splits["validation"])
        history = model.history.history
        missing = epochs - len(history["loss"])
        losses.append(
            [min(value, 10.0) if np.isfinite(value) else 10.0 for value in history["loss"]] + [10.0] * missing
        )
        scores.append(history["val_accuracy"] + [0.0] * missing)
    return np.array(losses), np.array(scores)


def optimizers(
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
    splits = deep.narrow(data)
    settings = {"units": units, "examples": examples, "epochs": epochs, "batch_size": batch_size}
    result: dict[str, np.ndarray] = {}
    for name, make in OPTIMIZERS.items():
        trials = []
        for rate in rates[name]:
            losses, _ = _histories(
                splits,
                lambda: make(rate),  # noqa: B023
                **settings,  # type: ignore[arg-type]
                seeds=range(100, 100 + tuning),
            )
            trials.append(losses[:, -1].mean())
        best = rates[name][int(np.argmin(trials))]
        losses, scores = _histories(splits, lambda: make(best), **settings, seeds=range(seeds))  # type: ignore[arg-type] # noqa: B023
        result |= {
            f"rate.{name}": np.array([best]),
            f"loss.{name}": losses,
            f"validation.{name}": scores,
            f"early.{name}": losses[:, epochs // 3 - 1],
            f"last.{name}": losses[:, -1],
            f"accuracy.{name}": scores[:, -1],
        }
    return result


def schedules(
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
    splits = deep.narrow(data)
    steps = epochs * -(-examples // batch_size)
    result: dict[str, np.ndarray] = {}
    for name, make in SCHEDULES.items():
        schedule = make(rate, steps)
        losses, scores = _histories(
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
