"""Cost of the searches."""

from __future__ import annotations

import numpy as np

from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data


def run(data: Data, sweeps: Sweeps) -> dict[str, np.ndarray]:
    """Return the measured CPU seconds of the trials of each search, ``seconds.<sweep>`` (trials,)."""
    return {f"seconds.{name}": table.cpu_seconds for name, table in sweeps.items()}
