"""Dropout vs sample size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import error_rates
from layerwise.reports.inputs import Data, named, only


def run(
    data: Data,
    examples: Sequence[int] = (50, 100, 300, 1000, 3000),
    rate: float = 0.5,
    width: int = 128,
    steps: int = 500,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with and without dropout on training sets of increasing size (Srivastava et al. 2014, figure 10).

    The number of steps is the same for all sizes.

    Returns
    -------
    dict
        ``examples`` (n,); validation errors ``plain`` and ``dropout`` (seeds, n); ``gain.<examples>`` (seeds,): error
        without dropout − error with dropout.
    """
    splits = only(data, np.float32)
    table = np.zeros((2, seeds, len(examples)))
    for seed in range(seeds):
        for k, count in enumerate(examples):
            split = training_kit.draw(splits["train"], count, seed)
            for i, share in enumerate((0.0, rate)):
                table[i, seed, k] = error_rates(splits, split, [width, width], share, seed, steps, batch_size)[1]
    gains = named("gain", examples, (table[0] - table[1]).T)
    return {"examples": np.array(examples), "plain": table[0], "dropout": table[1], **gains}
