"""Dropout rate and sample size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layerwise.reports.assignment5.shared import correct, log_losses, tuned
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    cells: Mapping[str, Sequence[int]],
    rates: Sequence[float] = (0.0, 0.1, 0.25, 0.4, 0.55),
    learning_rates: Sequence[float] = (0.003, 0.01, 0.03),
    steps: int = 1200,
    every: int = 100,
    enough: float = 0.9,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Vary the dropout rate for several sizes of the training set and of the network.

    The learning rate is chosen for each rate and cell by the validation accuracy, on a separate seed.

    Parameters
    ----------
    cells : mapping
        Name → numbers of training examples and of units in each of the two hidden layers.
    rates : sequence of float
        Dropout rates of the hidden layers; the first is 0.
    enough : float
        Share of the final validation accuracy without dropout at which the steps are counted.

    Returns
    -------
    dict
        ``rates`` (r,); for each cell: ``train.…`` and ``validation.…`` accuracy, ``loss.…`` (validation log loss),
        ``steps.…`` until the validation accuracy is ``enough``, or all steps, each (seeds, r); ``curve.<cell>.<rate>``
        (seeds, t), validation accuracy at the steps ``step`` (t,); ``learning_rate.…`` (r,); ``best.…`` (1,), the rate
        > 0 with the highest validation accuracy. Without dropout (``none``), at the best and at the highest rate:
        ``correct.<arm>.…`` (seeds, examples), whether a test example is classified correctly, ``test_loss.<arm>.…`` and
        ``needed.<arm>.…`` (seeds,), the steps.
    """
    splits = only(data, np.float32)
    xv, yv = splits["validation"]
    yt = splits["test"][1]
    result: dict[str, np.ndarray] = {"rates": np.array(rates), "step": np.arange(0, steps + 1, every)}
    for cell, (examples, units) in cells.items():
        arms = [[{"dropout": rate, "learning_rate": lr} for lr in learning_rates] for rate in rates]
        training: dict[str, Any] = {"units": [units, units], "examples": examples, "steps": steps, "every": every}
        runs = tuned(
            splits, arms, seeds, look=lambda networks: correct(networks.predict(xv), yv).mean(axis=-1), **training
        )
        validation = correct(runs.logits["validation"], yv).mean(axis=-1).T  # (seeds, rates)
        needed = _first(runs.curves >= enough * validation[:, 0].mean(), result["step"]).T
        best = 1 + int(np.argmax(validation.mean(axis=0)[1:]))
        arms_shown = {"none": 0, "dropout": best, "highest": len(rates) - 1}
        result |= {
            f"train.{cell}": _training_accuracy(runs.logits["train"], splits["train"][1], examples).T,
            f"validation.{cell}": validation,
            f"loss.{cell}": log_losses(runs.logits["validation"], yv).T,
            f"steps.{cell}": needed,
            f"learning_rate.{cell}": np.array([candidate["learning_rate"] for candidate in runs.chosen]),
            f"best.{cell}": np.array([rates[best]]),
        }
        result |= {f"curve.{cell}.{rate:g}": curves for rate, curves in zip(rates, runs.curves)}
        for arm, k in arms_shown.items():
            z = runs.logits["test"][k]
            values = correct(z, yt), log_losses(z, yt), needed[:, k]
            names = (f"{measure}.{arm}.{cell}" for measure in ("correct", "test_loss", "needed"))
            result |= dict(zip(names, values))
    return result


def _first(reached: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the first step at which a condition ``(…, t)`` holds, or the last step."""
    return np.where(reached.any(axis=-1), steps[reached.argmax(axis=-1)], steps[-1])


def _training_accuracy(logits: np.ndarray, y: np.ndarray, examples: int) -> np.ndarray:
    """Return the accuracy ``(arms, seeds)`` on the examples that each seed drew for training."""
    right = correct(logits, y)
    drawn = [np.random.default_rng(seed).permutation(len(y))[:examples] for seed in range(right.shape[1])]
    return np.stack([right[:, seed, rows].mean(axis=-1) for seed, rows in enumerate(drawn)], axis=1)
