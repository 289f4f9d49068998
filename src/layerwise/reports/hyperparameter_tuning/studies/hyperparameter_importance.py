"""Hyperparameter importance (fANOVA)."""

from __future__ import annotations

import numpy as np
from optuna.importance import FanovaImportanceEvaluator

from layerwise.reports.hyperparameter_tuning.importance import importance_shares
from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data


def run(data: Data, sweeps: Sweeps, resamples: int = 5, trees: int = 16) -> dict[str, np.ndarray]:
    """Compute the share of the variance explained by each parameter alone (Hutter, Hoos & Leyton-Brown 2014).

    Returns
    -------
    dict
        ``share.<sweep>.<parameter>`` (resamples,), from forests fitted to bootstrap samples of the trials; only
        unconditional parameters are included, and their shares are scaled to sum to 1, as in Optuna.
    """
    result: dict[str, np.ndarray] = {}
    for name, table in sweeps.items():
        unconditional = [p for p in table.sweep.space if not p.when]
        shares = []
        for resample in range(resamples):
            rows = np.random.default_rng(resample).integers(len(table.rows), size=len(table.rows))
            shares.append(
                importance_shares(table, unconditional, rows, FanovaImportanceEvaluator(n_trees=trees, seed=resample))
            )
        result |= {f"share.{name}.{p.path}": np.array([share[p.path] for share in shares]) for p in unconditional}
    return result
