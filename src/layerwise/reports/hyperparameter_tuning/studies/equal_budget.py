"""Comparison at equal budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from layerwise.experiments import models as specifications
from layerwise.experiments import numpy_backend
from layerwise.reports import training_kit
from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data, Split, pooled
from layerwise.tuning.space import Settings, apply
from layerwise.tuning.suggest import suggest
from layerwise.tuning.sweep import Sweep
from layerwise.tuning.table import Trial


def run(
    data: Data, sweeps: Sweeps, searches: int = 8, budget: int = 24, batch: int = 8, share: float = 0.5
) -> dict[str, np.ndarray]:
    """Run independent searches by random and by Bayesian search, in pairs with the same number of trials.

    Each search draws its own split of the training and validation examples. Its random and its Bayesian search have the
    first batch of trials in common, and all trials start from the same seed. Trials are compared by the log loss on the
    validation examples, without the penalty on the weights.

    Parameters
    ----------
    data : mapping
        The dataset of the sweep.
    sweeps : mapping
        One sweep, for its space and its base experiment; its trials are not used.
    searches, budget, batch : int
        Number of searches by each method, of trials in a search, and of trials that are suggested at once.
    share : float
        Share of the examples that are used for validation.

    Returns
    -------
    dict
        ``cost`` (budget,), number of trials; for the methods ``random`` and ``bayesian``: ``best.<method>`` (searches,
        budget), the lowest validation log loss so far, and ``end.<method>`` (searches,), that of all trials.
    """
    [splits] = data.values()
    [table] = sweeps.values()
    x, y = pooled({name: splits[name] for name in ("train", "validation")})
    losses: dict[str, list[list[float]]] = {"random": [], "bayesian": []}
    for search in range(searches):
        order = np.random.default_rng(search).permutation(len(y))
        held_out, rest = np.split(order, [round(share * len(y))])
        parts = (x[rest], y[rest]), (x[held_out], y[held_out])
        spec = {key: value for key, value in table.sweep.spec.items() if key != "pruning"}
        spec |= {"seed": search, "batch": batch, "objective": "val_loss"}
        sweep, adaptive = (
            Sweep(table.sweep.name, spec | {"method": method}, table.sweep.experiment) for method in losses
        )
        drawn = [_trial(sweep, k, settings, *parts) for b in range(budget // batch) for k, settings in _batch(sweep, b)]
        chosen = drawn[:batch]
        while len(chosen) < budget:
            following = _batch(adaptive, len(chosen) // batch, chosen)
            chosen += [_trial(adaptive, k, settings, *parts) for k, settings in following]
        for method, trials in zip(losses, (drawn, chosen)):
            losses[method].append([trial.value for trial in trials])
    result = {"cost": np.arange(1, budget + 1)}
    for method, values in losses.items():
        best = np.fmin.accumulate(np.array(values), axis=1)
        result |= {f"best.{method}": best, f"end.{method}": best[:, -1]}
    return result


def _batch(sweep: Sweep, index: int, finished: list[Trial] | None = None) -> list[tuple[int, Settings]]:
    """Return the numbers and settings of a batch of trials."""
    return list(enumerate(suggest(sweep, index, finished or []), start=index * sweep.batch))


def _trial(sweep: Sweep, number: int, settings: Settings, train: Split, validation: Split) -> Trial:
    """Train with some settings; the value is the validation log loss, NaN if the network diverged."""
    spec: Mapping[str, Any] = specifications.with_loss_for(apply(sweep.experiment, settings), "multiclass")
    (x, y), (xv, yv) = train, validation
    model = numpy_backend.build(spec, x.shape[1:], int(y.max()) + 1, "accuracy", 0, sweep.where)
    training_kit.fit(model, train, spec["epochs"], spec["batch_size"])
    z = training_kit.logits(model, xv).astype(np.float64)
    loss = training_kit.cross_entropy(z, yv) if np.isfinite(z).all() else math.nan
    return Trial(number, settings, 0, [loss], loss)
