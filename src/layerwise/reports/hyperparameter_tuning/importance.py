"""Importance of hyperparameters, shared by two studies."""

from __future__ import annotations

import numpy as np
import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import create_trial

from layerwise.tuning.space import Parameter
from layerwise.tuning.suggest import distribution, encoded
from layerwise.tuning.table import Table


def importance_shares(
    table: Table, parameters: list[Parameter], rows: np.ndarray, evaluator: FanovaImportanceEvaluator
) -> dict[str, float]:
    """Return the share of the variance of the loss explained by each hyperparameter, over some rows of a table."""
    study = optuna.create_study(direction="minimize")
    distributions = {p.path: distribution(p) for p in parameters}
    for row in rows:
        values = encoded(table.sweep.space, table.settings[row])
        params = {p.path: values[p.path] for p in parameters}
        study.add_trial(create_trial(params=params, distributions=distributions, value=float(table.losses[row])))
    return get_param_importances(study, evaluator=evaluator, params=list(distributions))
