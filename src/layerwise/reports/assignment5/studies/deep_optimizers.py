"""Optimizers of a deep network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.reports.descent_comparison import compare_optimizers
from layerwise.reports.inputs import Data


def run(
    data: Data,
    rates: Mapping[str, Sequence[float]],
    units: Sequence[int] = (64, 64, 64, 64),
    examples: int = 1000,
    epochs: int = 15,
    batch_size: int = 50,
    tuning: int = 2,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Compare optimizers on a deep network, each at its best learning rate, chosen with ``tuning`` separate seeds.

    See `compare_optimizers` for the parameters and results.
    """
    tuning_seeds = range(100, 100 + tuning)
    return compare_optimizers(data, rates, units, epochs, tuning_seeds, range(seeds), batch_size, examples)
