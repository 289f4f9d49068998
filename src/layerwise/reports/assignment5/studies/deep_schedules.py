"""Learning-rate schedules of a deep network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.descent_comparison import compare_schedules
from layerwise.reports.inputs import Data


def run(
    data: Data,
    rate: float = 0.1,
    schedules: Sequence[str] = ("constant", "step", "cosine", "one_cycle"),
    units: Sequence[int] = (64, 64, 64, 64),
    examples: int = 1000,
    epochs: int = 15,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train a deep network by SGD with Nesterov momentum under schedules with the same maximum learning rate.

    See `compare_schedules` for the parameters and results.
    """
    return compare_schedules(data, rate, schedules, "Nesterov", units, epochs, range(seeds), batch_size, examples)
