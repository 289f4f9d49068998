"""Pruning of trials with Optuna's pruners, one rung at a time, so that each decision can be a separate job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import optuna

from layerwise.tuning.sweep import Sweep

optuna.logging.set_verbosity(optuna.logging.WARNING)


def pruner(spec: Mapping[str, Any], epochs: int) -> optuna.pruners.BasePruner:
    """Return the pruner of a sweep; successive halving and Hyperband are asynchronous (Li et al. 2020)."""
    start, factor = spec.get("min_epochs", 1), spec.get("reduction", 3)
    if spec["name"] == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=5)
    if spec["name"] == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=start, max_resource=epochs, reduction_factor=factor)
    return optuna.pruners.SuccessiveHalvingPruner(min_resource=start, reduction_factor=factor)


def survivors(sweep: Sweep, batches: Sequence[Mapping[int, Sequence[float]]], rung: int) -> list[int]:
    """Return the trials of the last batch that are promoted to a rung.

    Parameters
    ----------
    sweep : Sweep
    batches : sequence of mapping
        For each batch up to the current one, trial → its losses on the rungs that it has reached.
    rung : int
        The rung, at least 1. In the last batch only the losses on lower rungs are used.

    Notes
    -----
    A pruner has state. The whole search is therefore replayed, in the order of the trials and rung by rung, so that the
    decision depends only on the losses.
    """
    study = optuna.create_study(
        study_name=sweep.name,  # Hyperband derives the bracket of a trial from it
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=pruner(sweep.spec["pruning"], sweep.rungs[-1]),
    )
    running: dict[int, optuna.Trial] = {}
    for batch, losses in enumerate(batches):
        running = {number: study.ask() for number in losses}
        last = rung if batch == len(batches) - 1 else len(sweep.rungs)
        for k in range(last):
            for number, trial in list(running.items()):
                trial.report(losses[number][k], sweep.rungs[k])
                if k == len(sweep.rungs) - 1:
                    study.tell(trial, losses[number][k])
                elif trial.should_prune():
                    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                    del running[number]
    return sorted(running)
