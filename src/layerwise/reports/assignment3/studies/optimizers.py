"""Optimizers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.reports.assignment3.shared import OPTIMIZERS, fit, network, splits
from layerwise.reports.inputs import Data


def run(
    data: Data,
    rates: Mapping[str, Sequence[float]],
    hidden: Sequence[int] = (64,),
    epochs: int = 15,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with each optimizer at several rates, and compare them each at the rate that is best on validation.

    The best rate is chosen with one half of the seeds and judged with the other.

    Parameters
    ----------
    data : mapping
        One dataset.
    rates : mapping of str to sequence of float
        Learning rates to try for each of `OPTIMIZERS`.
    hidden, epochs : sequence of int, int
        The network and how long it is trained.
    seeds : int
        In each half.

    Returns
    -------
    dict
        For each optimizer: ``rates.…`` (r,), ``loss.…`` (2 seeds, r), validation loss at the end (log C where the
        training diverged or ended above); ``best.…`` (1,) the rate chosen; ``train.…``, ``validation.…`` (seeds,
        epochs), loss curves at it; ``final.…`` (seeds,), the last of the latter; ``early.…`` (seeds,), after the third
        epoch; ``width.…`` (1,), how many of the rates end within a quarter of the best loss.
    """
    train, validation = splits(data)
    chance = math.log(train[1].max() + 1)
    result: dict[str, np.ndarray] = {}
    for name, tried in rates.items():
        curves = np.zeros((2 * seeds, len(tried), epochs))
        training = np.zeros_like(curves)
        for seed in range(2 * seeds):
            for i, rate in enumerate(tried):
                history = fit(network(*train, hidden, seed, OPTIMIZERS[name](rate)), train, validation, epochs)
                curves[seed, i], training[seed, i] = history["val_loss"], history["loss"]
        ends = np.minimum(np.nan_to_num(curves[..., -1], nan=chance), chance)
        mean = ends[:seeds].mean(axis=0)
        best = int(np.argmin(mean))
        result |= {
            f"rates.{name}": np.array(tried, dtype=float),
            f"loss.{name}": ends,
            f"best.{name}": np.array([tried[best]]),
            f"train.{name}": training[seeds:, best],
            f"validation.{name}": curves[seeds:, best],
            f"final.{name}": curves[seeds:, best, -1],
            f"early.{name}": curves[seeds:, best, min(2, epochs - 1)],
            f"width.{name}": np.array([np.sum(mean < 1.25 * mean[best])]),
        }
    return result
