"""Replication in Keras."""

from __future__ import annotations

import numpy as np

from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data


def run(data: Data, sweeps: Sweeps) -> dict[str, np.ndarray]:
    """Compare two searches over the same settings in two backends.

    Returns
    -------
    dict
        ``value.<sweep>`` (trials,).

    Raises
    ------
    ValueError
        If the two sweeps have different settings.
    """
    first, second = sweeps.values()
    if first.settings != second.settings:
        raise ValueError(
            f"keras_replication: the sweeps {' and '.join(sweeps)} must try the same settings; give them the same "
            "space and seed"
        )
    return {f"value.{name}": table.column("value") for name, table in sweeps.items()}
