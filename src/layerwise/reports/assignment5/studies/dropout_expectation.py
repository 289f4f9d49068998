"""Inverted dropout keeps the expectation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data


def run(
    data: Data,
    rates: Sequence[float] = (0.2, 0.5, 0.8),
    draws: Sequence[int] = (1, 3, 10, 30, 100, 300, 1000, 3000),
    width: int = 200,
    seeds: int = 10,
) -> dict[str, np.ndarray]:
    """Average the output of a dropout layer over many masks and compare its mean and variance with theory.

    A value x that is kept with probability q and divided by q has mean x and variance x² (1 − q) / q.

    Returns
    -------
    dict
        ``draws`` (t,), numbers of masks; ``error.<rate>`` (seeds, t): distance of the mean over the masks from the
        input, relative to the norm of the input; ``last.<rate>`` (seeds,): this error for the most masks, relative to
        its expected value √((1 − q) / (q · masks)); ``variance.<rate>`` (seeds,): measured over expected variance;
        ``inference`` (1,): largest change of the input in inference mode.
    """
    result: dict[str, np.ndarray] = {"draws": np.array(draws)}
    change = 0.0
    for rate in rates:
        errors, variances = [], []
        for seed in range(seeds):
            layer = nn.Dropout(rate, dtype="float64")
            layer.rng = np.random.default_rng(seed)
            x = np.random.default_rng([seed, 1]).normal(size=width)
            outputs = layer.forward(np.tile(x, (max(draws), 1)), training=True)
            means = np.cumsum(outputs, axis=0)[np.array(draws) - 1] / np.array(draws)[:, None]
            errors.append(np.linalg.norm(means - x, axis=1) / np.linalg.norm(x))
            variances.append(float((outputs.var(axis=0) / (x**2 * rate / (1 - rate))).mean()))
            change = max(change, float(np.abs(layer.forward(x, training=False) - x).max()))
        result[f"error.{rate:g}"] = np.array(errors)
        result[f"last.{rate:g}"] = np.array(errors)[:, -1] * (max(draws) * (1 - rate) / rate) ** 0.5
        result[f"variance.{rate:g}"] = np.array(variances)
    return {**result, "inference": np.array([change])}
