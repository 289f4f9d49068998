"""Dropout rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import error_rates
from layerwise.reports.inputs import Data, named, only


def run(
    data: Data,
    keep: Sequence[float] = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
    width: int = 128,
    expected: int = 64,
    examples: int = 1000,
    steps: int = 300,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Vary the probability of keeping a hidden unit (Srivastava et al. 2014, figure 9).

    Once with layers of fixed ``width``, once with ``expected`` units kept on average.

    Returns
    -------
    dict
        ``keep`` (k,); for ``width`` and ``expected``, errors ``train.…`` and ``validation.…`` (seeds, k);
        ``error.least``, ``error.half``, ``error.all`` (seeds,): validation error of the fixed width at the first, the
        one nearest to ½ and the last of the probabilities.
    """
    splits = only(data, np.float32)
    result: dict[str, np.ndarray] = {"keep": np.array(keep)}
    for way in ("width", "expected"):
        table = np.zeros((2, seeds, len(keep)))
        for seed in range(seeds):
            split = training_kit.draw(splits["train"], examples, seed)
            for k, q in enumerate(keep):
                units = [width if way == "width" else max(1, round(expected / q))] * 2
                table[:, seed, k] = error_rates(splits, split, units, 1 - q, seed, steps, batch_size)
        result |= {f"train.{way}": table[0], f"validation.{way}": table[1]}
    curve = result["validation.width"]
    half = int(np.argmin(np.abs(np.array(keep) - 0.5)))
    return result | named("error", ("least", "half", "all"), (curve[:, 0], curve[:, half], curve[:, -1]))
