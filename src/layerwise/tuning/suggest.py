"""What to try next: a pure function of the space, the finished trials of earlier batches, and a seed."""

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

CANDIDATES = 2000  # drawn at random each time, of which Bayesian search takes those that promise most

optuna.logging.set_verbosity(optuna.logging.WARNING)
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


def suggest(sweep: Sweep, batch: int, finished: Sequence[Trial]) -> list[Settings]:
    """Return the settings of a batch.

    Always a whole batch, also where the last one is not tried in full: more trials later change no suggestion.

    Parameters
    ----------
    sweep : Sweep
    batch : int
        Its number, from 0.
    finished : sequence of Trial
        All trials of the batches before; read by adaptive methods alone.
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
    """Draw the settings of one trial, whatever batch it is in."""
    sampler = optuna.samplers.RandomSampler(seed=_seed(seed, number))
    return _ask(space, optuna.create_study(sampler=sampler).ask())


def _quasi_random(space: Space, seed: int, first: int, count: int) -> list[Settings]:
    """Return points of a scrambled Sobol sequence, from the one numbered ``first``."""
    study = optuna.create_study(sampler=optuna.samplers.QMCSampler(qmc_type="sobol", scramble=True, seed=seed))
    known = {p.path: distribution(p) for p in space}  # the sampler learns the space from a finished trial
    values = {p.path: 0 if p.kind == "choice" else p.values[0] for p in space}
    study.add_trial(create_trial(params=values, distributions=known, value=0.0))
    return [_ask(space, study.ask()) for _ in range(first + count)][first:]


def _tpe(sweep: Sweep, batch: int, finished: Sequence[Trial]) -> list[Settings]:
    """Ask Optuna's tree-structured Parzen estimator (Bergstra et al. 2011); trials of one batch repel each other."""
    sampler = optuna.samplers.TPESampler(
        seed=_seed(sweep.seed, batch), multivariate=True, group=True, constant_liar=True, n_startup_trials=sweep.batch
    )
    study = optuna.create_study(sampler=sampler)
    for trial, loss in zip(finished, losses(sweep, [trial.value for trial in finished])):
        study.add_trial(_told(sweep, trial, float(loss)))
    return [_ask(sweep.space, study.ask()) for _ in range(sweep.batch)]


def _bayesian(sweep: Sweep, batch: int, finished: Sequence[Trial]) -> list[Settings]:
    """Return the candidates of largest expected improvement under a Gaussian process."""
    from layerwise.tuning import gaussian

    space = sweep.space
    rng = np.random.default_rng((sweep.seed, batch))
    candidates = [space.settings(u) for u in rng.random((CANDIDATES, len(space.parameters)))]
    x = gaussian.encode(space, [trial.settings for trial in finished])
    worth = losses(sweep, [trial.value for trial in finished])
    chosen = gaussian.choose(x, worth, gaussian.encode(space, candidates), sweep.batch)
    return [candidates[i] for i in chosen]


def distribution(parameter: Parameter) -> BaseDistribution:
    """Return a parameter as Optuna has it; of choices the position, because some are lists."""
    if parameter.kind == "choice":
        return CategoricalDistribution(tuple(range(len(parameter.values))))
    low, high = parameter.values
    kind = IntDistribution if parameter.kind == "integer" else FloatDistribution
    return kind(low, high, log=parameter.log)


def encoded(space: Space, settings: Settings) -> dict[str, float]:
    """Return settings as Optuna has them."""
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


def _told(sweep: Sweep, trial: Trial, loss: float) -> optuna.trial.FrozenTrial:
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
