"""Robustness to learning rate, initialization and batch size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from layerwise.reports.assignment5 import batched_networks
from layerwise.reports.assignment5.batched_networks import Setting
from layerwise.reports.assignment5.shared import NORMALIZATIONS, correct
from layerwise.reports.inputs import Data, Split, only


def run(
    data: Data,
    learning_rates: Sequence[float],
    scales: Sequence[float],
    norms: Sequence[str] = ("plain", "batch", "layer"),
    units: Sequence[int] = (64, 64, 64, 64),
    examples: int = 3200,
    steps: int = 500,
    every: int = 20,
    enough: float = 0.4,
    tuning: int = 2,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train ReLU networks by SGD for learning rates × scales of the initial weights, with and without normalization.

    Then each normalization at the learning rate of its highest validation accuracy with He's initialization, with fresh
    seeds.

    Parameters
    ----------
    scales : sequence of float
        Factors of He's initial weights; 1 must be among them.
    norms : sequence of {"plain", "batch", "layer", "group"}
    enough : float
        Validation accuracy up to which steps are counted, and with which a setting counts as tolerated.
    tuning : int
        Number of seeds of the grid.

    Returns
    -------
    dict
        ``rates`` (r,), ``scales`` (s,), ``step`` (t,); for each normalization: ``grid.…`` (s, r), the mean validation
        accuracy; ``rate.…`` (1,), the learning rate chosen; ``curve.…`` (seeds, t), the validation accuracy at this
        rate; ``needed.…`` (seeds,), the steps to ``enough``, or all steps; ``correct.…`` (seeds, examples), whether a
        test example is classified correctly. ``highest.…`` (tuning,), the highest tolerated learning rate with He's
        initialization, and ``tolerated.…`` (tuning,), the share of the grid that is tolerated.
    """
    splits = only(data, np.float32)
    grid = list(product(scales, learning_rates))
    result = {
        "rates": np.array(learning_rates), "scales": np.array(scales), "step": np.arange(0, steps + 1, every),
    }  # fmt: skip
    for name in norms:
        training: dict[str, Any] = {"units": units, "examples": examples, "steps": steps, "norm": NORMALIZATIONS[name]}
        settings = [Setting(100 + seed, rate, scale) for (scale, rate), seed in product(grid, range(tuning))]
        table = _validation(splits, settings, training).reshape(len(scales), len(learning_rates), tuning)
        he = table[list(scales).index(1)]
        rate = learning_rates[int(np.argmax(he.mean(axis=-1)))]
        xv, yv = splits["validation"]
        runs = batched_networks.train(
            splits,
            [Setting(seed, rate) for seed in range(seeds)],
            optimizer="sgd",
            look=lambda networks: correct(networks.predict(xv), yv).mean(axis=-1),  # noqa: B023
            every=every,
            **training,
        )
        reached = runs.curves >= enough
        values = (
            table.mean(axis=-1),
            np.array([rate]),
            runs.curves,
            np.where(reached.any(axis=1), result["step"][reached.argmax(axis=1)], steps),
            correct(runs.logits["test"], splits["test"][1]),
            np.where(he >= enough, np.array(learning_rates)[:, None], 0).max(axis=0),
            (table >= enough).mean(axis=(0, 1)),
        )
        measures = [f"{measure}.{name}" for measure in _MEASURES]
        result |= dict(zip(measures, values, strict=True))
    return result


_MEASURES = ("grid", "rate", "curve", "needed", "correct", "highest", "tolerated")


def _validation(splits: Mapping[str, Split], settings: Sequence[Setting], training: Mapping) -> np.ndarray:
    """Return the validation accuracies of networks after training by SGD."""
    logits = batched_networks.train(splits, settings, optimizer="sgd", **training).logits["validation"]
    return correct(logits, splits["validation"][1]).mean(axis=-1)
