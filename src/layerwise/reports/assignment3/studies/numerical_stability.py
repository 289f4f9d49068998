"""Numerical stability: log-sum-exp."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data


def run(
    data: Data,
    scales: Sequence[float] = (1, 3, 10, 30, 100, 300, 1000, 3000),
    examples: int = 200,
    classes: int = 10,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Compute the cross-entropy of scores of increasing size in float32, with the naive formula and with log-sum-exp.

    Returns
    -------
    dict
        ``scale`` (s,), the standard deviation of the scores; ``finite.naive``, ``finite.stable`` (seeds, s), the share
        of examples with a finite loss; ``error`` (seeds, s), the largest error of log-sum-exp compared with float64,
        relative to the largest score.
    """
    loss = nn.SparseCategoricalCrossentropy(from_logits=True)
    finite = {kind: np.zeros((seeds, len(scales))) for kind in ("naive", "stable")}
    error = np.zeros((seeds, len(scales)))
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        unit, labels = rng.normal(size=(examples, classes)), rng.integers(classes, size=examples)
        for i, scale in enumerate(scales):
            scores = (scale * unit).astype(np.float32)
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                e = np.exp(scores)
                naive = -np.log(e[np.arange(examples), labels] / e.sum(axis=1))
            stable = loss.values_and_slopes(labels, scores)[0]
            exact = loss.values_and_slopes(labels, scores.astype(np.float64))[0]
            finite["naive"][seed, i] = np.isfinite(naive).mean()
            finite["stable"][seed, i] = np.isfinite(stable).mean()
            error[seed, i] = np.abs(stable - exact).max() / np.abs(scores).max()
    return {
        "scale": np.array(scales, dtype=float),
        **{f"finite.{kind}": shares for kind, shares in finite.items()},
        "error": error,
    }
