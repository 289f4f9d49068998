"""Which trials go on: Optuna's pruners, asked rung by rung, so that what they decide is a job of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import optuna

from layerwise.tuning.sweep import Sweep

optuna.logging.set_verbosity(optuna.logging.WARNING)


def pruner(spec: Mapping[str, Any], epochs: int) -> optuna.pruners.BasePruner:
    """Return the pruner of a sweep; successive halving and Hyperband promote without waiting (Li et al. 2020)."""
    start, factor = spec.get("min_epochs", 1), spec.get("reduction", 3)
    if spec["name"] == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=5)
    if spec["name"] == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=start, max_resource=epochs, reduction_factor=factor)
    return optuna.pruners.SuccessiveHalvingPruner(min_resource=start, reduction_factor=factor)


def survivors(sweep: Sweep, batches: Sequence[Mapping[int, Sequence[float]]], rung: int) -> list[int]:
    """Return the trials of the last batch that go on to a rung.

    Parameters
    ----------
    sweep : Sweep
    batches : sequence of mapping
        For each batch up to the one that asks, trial → its losses on the rungs that it has reached.
    rung : int
        The rung to go on to, at least 1; in the last batch the losses below it are read.

    Notes
    -----
    A pruner remembers what it saw. The search is therefore told to it again from the start, in the order of the
    trials, rung after rung: its answer depends on nothing but the losses.
    """
    study = optuna.create_study(
        study_name=sweep.name,  # Hyperband draws the bracket of a trial from it
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=pruner(sweep.spec["pruning"], sweep.rungs[-1]),
    )
    going: dict[int, optuna.Trial] = {}
    for batch, losses in enumerate(batches):
        going = {trial: study.ask() for trial in losses}
        ends = rung if batch == len(batches) - 1 else len(sweep.rungs)
        for k in range(ends):
            for trial, told in list(going.items()):
                told.report(losses[trial][k], sweep.rungs[k])
                if k == len(sweep.rungs) - 1:
                    study.tell(told, losses[trial][k])
                elif told.should_prune():
                    study.tell(told, state=optuna.trial.TrialState.PRUNED)
                    del going[trial]
    return sorted(going)
