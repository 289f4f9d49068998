"""Learning-rate schedules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.descent_comparison import SCHEDULES, compare_schedules
from layerwise.reports.inputs import Data


def run(
    data: Data, peak: float = 0.3, hidden: Sequence[int] = (64,), epochs: int = 20, seeds: int = 5
) -> dict[str, np.ndarray]:
    """Train a network of one hidden layer with momentum, at a constant rate and along every schedule.

    Parameters and results are those of `compare_schedules`, and for each schedule ``decades.…`` (seeds,), the logarithm
    to base 10 of the last training loss.
    """
    found = compare_schedules(data, peak, list(SCHEDULES), "momentum", hidden, epochs, range(seeds))
    return found | {f"decades.{name}": np.log10(found[f"last_train.{name}"]) for name in SCHEDULES}
