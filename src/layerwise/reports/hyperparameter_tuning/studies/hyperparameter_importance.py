"""Hyperparameter importance (fANOVA)."""

from __future__ import annotations

import numpy as np
from optuna.importance import FanovaImportanceEvaluator

from layerwise.reports.hyperparameter_tuning.shared import Sweeps, importance_shares
from layerwise.reports.inputs import Data


def run(data: Data, sweeps: Sweeps, resamples: int = 5, trees: int = 16) -> dict[str, np.ndarray]:
    """Return the share of the variance that each parameter explains alone (Hutter, Hoos & Leyton-Brown 2014).

    Returns
    -------
    dict
        ``share.<sweep>.<parameter>`` (resamples,), of forests grown on trials drawn anew; of the parameters that are
        always in use, and scaled to sum to one, as Optuna does.
    """
    found: dict[str, np.ndarray] = {}
    for name, table in sweeps.items():
        always = [p for p in table.sweep.space if not p.when]
        shares = []
        for resample in range(resamples):
            rows = np.random.default_rng(resample).integers(len(table.rows), size=len(table.rows))
            shares.append(
                importance_shares(table, always, rows, FanovaImportanceEvaluator(n_trees=trees, seed=resample))
            )
        found |= {f"share.{name}.{p.path}": np.array([share[p.path] for share in shares]) for p in always}
    return found
