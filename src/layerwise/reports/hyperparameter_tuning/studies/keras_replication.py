"""Replication in Keras."""

from __future__ import annotations

import numpy as np

from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data


def run(data: Data, sweeps: Sweeps) -> dict[str, np.ndarray]:
    """Compare two searches of the same settings in two backends.

    Returns
    -------
    dict
        ``value.<sweep>`` (trials,); ``discordant`` (1,), the share of pairs of trials that the two put in different
        order.
    """
    first, second = sweeps.values()
    if first.settings != second.settings:
        raise ValueError("the two sweeps tried different settings; give them one space and one seed")
    values = [table.column("value") for table in (first, second)]
    pairs = np.triu_indices(len(values[0]), k=1)
    order = [np.sign(np.subtract.outer(value, value)[pairs]) for value in values]
    found = {f"value.{name}": value for name, value in zip(sweeps, values)}
    return {**found, "discordant": np.array([np.mean(order[0] * order[1] < 0)])}
