"""Comparison of optimizers and of learning-rate schedules on a multilayer perceptron."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data, Split, only
from layerwise.reports.training_kit import OPTIMIZERS, Rate

SCHEDULES: dict[str, Callable[[float, int], Rate]] = {
    "constant": lambda peak, steps: peak,
    "step": lambda peak, steps: nn.PiecewiseConstantDecay([steps // 2, 3 * steps // 4], [peak, peak / 10, peak / 100]),
    "exponential": lambda peak, steps: nn.schedules.ExponentialDecay(peak, steps, 0.01),
    "cosine": lambda peak, steps: nn.CosineDecay(peak, steps),
    "warmup_cosine": lambda peak, steps: nn.CosineDecay(
        0.0, steps - steps // 10, warmup_target=peak, warmup_steps=steps // 10
    ),
    "one_cycle": nn.OneCycle,
}
"""Schedules by name, each created from its highest rate and the number of steps."""

SCHEDULE_NAMES = {name: name.replace("_", " ") for name in SCHEDULES} | {"warmup_cosine": "warm-up and cosine"}
"""What figures call them."""


def compare_optimizers(
    data: Data,
    rates: Mapping[str, Sequence[float]],
    units: Sequence[int],
    epochs: int,
    tuning: Sequence[int],
    seeds: Sequence[int],
    batch_size: int = 32,
    examples: int | None = None,
) -> dict[str, np.ndarray]:
    """Choose the learning rate of each optimizer by its final validation loss, and evaluate it with other seeds.

    Parameters
    ----------
    data : mapping
        One dataset.
    rates : mapping of str to sequence of float
        Learning rates to try for each optimizer in `training_kit.OPTIMIZERS`.
    units : sequence of int
        Hidden ReLU units of each layer.
    epochs : int
    tuning, seeds : sequence of int
        Seeds for choosing the rate (by the lowest mean loss), and seeds for evaluating it.
    batch_size : int
    examples : int, optional
        Number of training examples, drawn at random for each seed; all by default.

    Returns
    -------
    dict
        For each optimizer: ``rates.…`` (r,); ``loss.…`` (tuning, r), the final validation loss, capped at log C,
        which also stands for divergence; ``best.…`` (1,), the chosen rate; at this rate the losses ``train.…`` and
        ``validation.…`` and the validation accuracy ``accuracy.…`` (seeds, epochs), after a third of the epochs
        ``early_train.…``, ``early_validation.…`` (seeds,), and at the end ``last_train.…``, ``last_validation.…``,
        ``last_accuracy.…`` (seeds,).
    """
    splits = only(data, np.float32)
    chance = math.log(splits["validation"][1].max() + 1)
    result: dict[str, np.ndarray] = {}
    for name, grid in rates.items():
        create = OPTIMIZERS[name]
        trials = [
            _histories(splits, [create(rate) for rate in grid], [seed] * len(grid), units, epochs, batch_size, examples)
            for seed in tuning
        ]
        losses = np.array([trial["val_loss"][:, -1] for trial in trials])
        losses = np.minimum(np.nan_to_num(losses, nan=chance), chance)
        best = grid[int(np.argmin(losses.mean(axis=0)))]
        result |= {
            f"rates.{name}": np.array(grid, dtype=float),
            f"loss.{name}": losses,
            f"best.{name}": np.array([best]),
        }
        histories = _histories(splits, [create(best) for _ in seeds], seeds, units, epochs, batch_size, examples)
        result |= _measures(name, histories, epochs)
    return result


def compare_schedules(
    data: Data,
    peak: float,
    schedules: Sequence[str],
    optimizer: str,
    units: Sequence[int],
    epochs: int,
    seeds: Sequence[int],
    batch_size: int = 32,
    examples: int | None = None,
) -> dict[str, np.ndarray]:
    """Train with learning-rate schedules that share their highest rate.

    Parameters
    ----------
    data : mapping
        One dataset.
    peak : float
        The highest rate.
    schedules : sequence of str
        Names in `SCHEDULES`.
    optimizer : str
        Name in `training_kit.OPTIMIZERS`.
    units, epochs, seeds, batch_size, examples
        As in `compare_optimizers`.

    Returns
    -------
    dict
        ``step`` (t,); for each schedule ``rate.…`` (t,), the rate at each step, and the losses and accuracies that
        `compare_optimizers` returns for the chosen rate.
    """
    splits = only(data, np.float32)
    steps = epochs * -(-(examples or len(splits["train"][0])) // batch_size)
    result: dict[str, np.ndarray] = {"step": np.arange(steps)}
    for name in schedules:
        rate = SCHEDULES[name](peak, steps)
        result[f"rate.{name}"] = np.array(
            [rate(step) if callable(rate) else rate for step in range(steps)], dtype=float
        )
        optimizers = [OPTIMIZERS[optimizer](rate) for _ in seeds]
        result |= _measures(name, _histories(splits, optimizers, seeds, units, epochs, batch_size, examples), epochs)
    return result


def _histories(
    splits: Mapping[str, Split],
    optimizers: Sequence[nn.Optimizer],
    seeds: Sequence[int],
    units: Sequence[int],
    epochs: int,
    batch_size: int,
    examples: int | None,
) -> dict[str, np.ndarray]:
    """Train one network per optimizer and seed, and return the metrics of all epochs ``(runs, epochs)``."""
    classes = int(splits["validation"][1].max()) + 1
    histories = []
    for optimizer, seed in zip(optimizers, seeds):
        train = splits["train"] if examples is None else training_kit.draw(splits["train"], examples, seed)
        model = training_kit.classifier(training_kit.layers(units, classes), train[0].shape[1:], seed, optimizer)
        histories.append(training_kit.fit(model, train, epochs, batch_size, splits["validation"]))
    return {measure: np.array([history[measure] for history in histories]) for measure in histories[0]}


def _measures(name: str, histories: Mapping[str, np.ndarray], epochs: int) -> dict[str, np.ndarray]:
    """Return the results of several runs of one kind; diverged runs have an accuracy of zero."""
    train, validation = histories["loss"], histories["val_loss"]
    accuracy = np.nan_to_num(histories["val_accuracy"], nan=0.0)
    early = max(epochs // 3, 1) - 1
    return {
        f"train.{name}": train,
        f"validation.{name}": validation,
        f"accuracy.{name}": accuracy,
        f"early_train.{name}": train[:, early],
        f"early_validation.{name}": validation[:, early],
        f"last_train.{name}": train[:, -1],
        f"last_validation.{name}": validation[:, -1],
        f"last_accuracy.{name}": accuracy[:, -1],
    }
