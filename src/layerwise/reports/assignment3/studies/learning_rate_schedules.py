"""Learning-rate schedules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.descent_comparison import SCHEDULES, compare_schedules
from layerwise.reports.inputs import Data


def run(
    data: Data, peak: float = 0.3, hidden: Sequence[int] = (64,), epochs: int = 20, seeds: int = 5
) -> dict[str, np.ndarray]:
    """Train a network of one hidden layer with momentum and each learning-rate schedule.

    Parameters and results are those of `compare_schedules`.
    """
    return compare_schedules(data, peak, list(SCHEDULES), "momentum", hidden, epochs, range(seeds))
