"""Suggestion of settings as a pure function of the space, the finished trials of earlier batches, and a seed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from layerwise.tuning.space import Parameter, Settings, Space
from layerwise.tuning.sweep import Sweep
from layerwise.tuning.table import Trial, losses

CANDIDATES = 2000  # random settings among which Bayesian optimization maximizes the expected improvement

optuna.logging.set_verbosity(optuna.logging.WARNING)
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


def suggest(sweep: Sweep, batch: int, finished: Sequence[Trial]) -> list[Settings]:
    """Return the suggested settings of a batch.

    A full batch is returned even if the last batch is only partly used, so that adding trials later does not change the
    suggestions.

    Parameters
    ----------
    sweep : Sweep
    batch : int
        Index of the batch, from 0.
    finished : sequence of Trial
        All trials of earlier batches, used by adaptive methods only.
    """
    space, first = sweep.space, batch * sweep.batch
    if sweep.method == "grid":
        return space.grid()
    if sweep.method == "random":
        return [_random(space, sweep.seed, first + i) for i in range(sweep.batch)]
    if sweep.method == "quasi_random" or not finished:
        return _quasi_random(space, sweep.seed, first, sweep.batch)
    if sweep.method == "tpe":
        return _tpe(sweep, batch, finished)
    return _bayesian(sweep, batch, finished)


def _random(space: Space, seed: int, number: int) -> Settings:
    """Draw the settings of a trial, independently of its batch."""
    sampler = optuna.samplers.RandomSampler(seed=_seed(seed, number))
    return _ask(space, optuna.create_study(sampler=sampler).ask())


def _quasi_random(space: Space, seed: int, first: int, count: int) -> list[Settings]:
    """Return ``count`` points of a scrambled Sobol sequence, starting at index ``first``."""
    study = optuna.create_study(sampler=optuna.samplers.QMCSampler(qmc_type="sobol", scramble=True, seed=seed))
    known = {p.path: distribution(p) for p in space}  # the sampler infers the space from a finished trial
    values = {p.path: 0 if p.kind == "choice" else p.values[0] for p in space}
    study.add_trial(create_trial(params=values, distributions=known, value=0.0))
    return [_ask(space, study.ask()) for _ in range(first + count)][first:]


def _tpe(sweep: Sweep, batch: int, finished: Sequence[Trial]) -> list[Settings]:
    """Return suggestions of Optuna's tree-structured Parzen estimator (Bergstra et al. 2011) with constant liar."""
    sampler = optuna.samplers.TPESampler(
        seed=_seed(sweep.seed, batch), multivariate=True, group=True, constant_liar=True, n_startup_trials=sweep.batch
    )
    study = optuna.create_study(sampler=sampler)
    for trial, loss in zip(finished, losses(sweep, [trial.value for trial in finished])):
        study.add_trial(_frozen_trial(sweep, trial, float(loss)))
    return [_ask(sweep.space, study.ask()) for _ in range(sweep.batch)]


def _bayesian(sweep: Sweep, batch: int, finished: Sequence[Trial]) -> list[Settings]:
    """Return the candidates with the largest expected improvement under a Gaussian process."""
    from layerwise.tuning import gaussian

    space = sweep.space
    rng = np.random.default_rng((sweep.seed, batch))
    candidates = [space.settings(u) for u in rng.random((CANDIDATES, len(space.parameters)))]
    x = gaussian.encode(space, [trial.settings for trial in finished])
    y = losses(sweep, [trial.value for trial in finished])
    chosen = gaussian.choose(x, y, gaussian.encode(space, candidates), sweep.batch)
    return [candidates[i] for i in chosen]


def distribution(parameter: Parameter) -> BaseDistribution:
    """Return a parameter as an Optuna distribution; choices are represented by their index, because some are lists."""
    if parameter.kind == "choice":
        return CategoricalDistribution(tuple(range(len(parameter.values))))
    low, high = parameter.values
    kind = IntDistribution if parameter.kind == "integer" else FloatDistribution
    return kind(low, high, log=parameter.log)


def encoded(space: Space, settings: Settings) -> dict[str, float]:
    """Return settings as Optuna parameters."""
    return {
        p.path: p.values.index(settings[p.path]) if p.kind == "choice" else settings[p.path]
        for p in space
        if p.path in settings
    }


def _ask(space: Space, trial: optuna.Trial) -> Settings:
    chosen: Settings = {}
    for p in space:
        if not p.active(chosen):
            continue
        if p.kind == "choice":
            chosen[p.path] = p.values[trial.suggest_categorical(p.path, range(len(p.values)))]
        elif p.kind == "integer":
            chosen[p.path] = trial.suggest_int(p.path, *p.values, log=p.log)
        else:
            chosen[p.path] = p.tidy(trial.suggest_float(p.path, *p.values, log=p.log))
    return chosen


def _frozen_trial(sweep: Sweep, trial: Trial, loss: float) -> optuna.trial.FrozenTrial:
    params = encoded(sweep.space, trial.settings)
    pruned = trial.rung < len(sweep.rungs) - 1
    return create_trial(
        params=params,
        distributions={p.path: distribution(p) for p in sweep.space if p.path in params},
        intermediate_values={sweep.rungs[trial.rung]: loss} if pruned else {},
        state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
        value=loss,
    )


def _seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])
