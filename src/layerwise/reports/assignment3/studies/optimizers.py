"""Optimizers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.reports.descent_comparison import compare_optimizers
from layerwise.reports.inputs import Data


def run(
    data: Data,
    rates: Mapping[str, Sequence[float]],
    hidden: Sequence[int] = (64,),
    epochs: int = 15,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Compare optimizers on a network of one hidden layer, each at its best learning rate, chosen with other seeds.

    Parameters and results are those of `compare_optimizers`.
    """
    return compare_optimizers(data, rates, hidden, epochs, range(seeds), range(seeds, 2 * seeds))
