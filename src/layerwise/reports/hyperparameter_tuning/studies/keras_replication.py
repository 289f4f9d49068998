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
        ``value.<sweep>`` (trials,); ``discordant`` (1,), the share of pairs of trials that the two rank in opposite
        order.

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
    values = [table.column("value") for table in (first, second)]
    pairs = np.triu_indices(len(values[0]), k=1)
    signs = [np.sign(np.subtract.outer(value, value)[pairs]) for value in values]
    result = {f"value.{name}": value for name, value in zip(sweeps, values)}
    return {**result, "discordant": np.array([np.mean(signs[0] * signs[1] < 0)])}
