"""What only a model of the finished trials can say: methods raced over one table, importances, the landscape."""

from __future__ import annotations

import warnings

import numpy as np
import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import create_trial
from scipy.stats import qmc
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from layerwise.studies.inputs import Data
from layerwise.studies.search import Sweeps
from layerwise.tuning import gaussian
from layerwise.tuning.space import Parameter
from layerwise.tuning.suggest import distribution, encoded
from layerwise.tuning.table import Table


def races(data: Data, sweeps: Sweeps, budget: int = 64, repeats: int = 20, batch: int = 8) -> dict[str, np.ndarray]:
    """Replay four methods at equal cost over trials that are there: the first sweep drawn at random, the second a grid.

    Random search takes the trials of the first in a new order each time, grid search those of the grid. Bayesian
    search chooses among the trials of the first, ``batch`` at a time, and learns their value by choosing. Hyperband
    (Li et al. 2018, algorithm 1) draws from the first too and sees each curve as far as it has paid for.

    Returns
    -------
    dict
        ``cost`` (budget,), in whole trainings; for ``random``, ``grid``, ``bayesian``, ``hyperband``: ``best.<method>``
        (repeats, budget), the best objective so far of a training that went to its end, NaN before the first, and
        ``at.<method>.<cost>`` (repeats,) at a quarter, a half and all of the budget.
    """
    drawn, grid = sweeps.values()
    x = gaussian.encode(drawn.sweep.space, drawn.settings)
    epochs, factor = drawn.sweep.rungs[-1], 3
    result: dict[str, list[np.ndarray]] = {"random": [], "grid": [], "bayesian": [], "hyperband": []}
    for repeat in range(repeats):
        rng = np.random.default_rng(repeat)
        order = rng.permutation(len(drawn.losses))
        corners = rng.permutation(len(grid.losses))
        result["random"].append(_best(drawn.losses[order[:budget]]))
        result["grid"].append(_best(grid.losses[corners], budget))
        result["bayesian"].append(_best(drawn.losses[_chosen(x, drawn.losses, order, budget, batch)]))
        result["hyperband"].append(_hyperband(1 - drawn.curves[order], epochs, factor, budget))
    found = {"cost": np.arange(1, budget + 1)}
    for name, losses in result.items():
        best = 1 - np.array(losses)
        found[f"best.{name}"] = best
        found |= {f"at.{name}.{at}": best[:, at - 1] for at in (budget // 4, budget // 2, budget)}
    return found


def _best(losses: np.ndarray, budget: int | None = None) -> np.ndarray:
    """Return the least loss so far; a search that ended before the budget keeps what it has."""
    best = np.minimum.accumulate(losses[:budget])
    return np.pad(best, (0, (budget or len(best)) - len(best)), mode="edge")


def _chosen(x: np.ndarray, losses: np.ndarray, order: np.ndarray, budget: int, batch: int) -> list[int]:
    """Return the trials that Bayesian search takes from a table, the first batch as they come."""
    seen = [int(i) for i in order[:batch]]
    while len(seen) < budget:
        rest = np.setdiff1d(order, seen)
        seen += [int(rest[i]) for i in gaussian.choose(x[seen], losses[seen], x[rest], batch)]
    return seen[:budget]


def _hyperband(curves: np.ndarray, epochs: int, factor: int, budget: int) -> np.ndarray:
    """Return the least final loss so far after each whole training's worth of epochs.

    Brackets follow each other, from the one that stops most to the one that stops none, and begin again. A trial goes
    on where it stopped, so that it costs its epochs once.
    """
    rungs = [factor**k for k in range(epochs) if factor**k <= epochs]
    best, least, spent, drawn = np.full(budget, np.nan), np.inf, 0, 0
    while True:
        for bracket in range(len(rungs) - 1, -1, -1):
            count = -(-len(rungs) * factor**bracket // (bracket + 1))
            going, reached = np.arange(drawn, drawn + count), 0
            drawn += count
            for rung in rungs[len(rungs) - 1 - bracket :]:
                if drawn > len(curves):
                    return best
                for trial in going:
                    spent += rung - reached
                    if spent > budget * epochs:
                        return best
                    if rung == rungs[-1]:
                        least = min(least, curves[trial, rung - 1])
                        best[-(-spent // epochs) - 1 :] = least
                going = going[np.argsort(curves[going, rung - 1], kind="stable")[: max(len(going) // factor, 1)]]
                reached = rung


def importance(data: Data, sweeps: Sweeps, resamples: int = 5, trees: int = 16) -> dict[str, np.ndarray]:
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
            shares.append(_shares(table, always, rows, FanovaImportanceEvaluator(n_trees=trees, seed=resample)))
        found |= {f"share.{name}.{p.path}": np.array([share[p.path] for share in shares]) for p in always}
    return found


def _shares(
    table: Table, parameters: list[Parameter], rows: np.ndarray, evaluator: FanovaImportanceEvaluator
) -> dict[str, float]:
    study = optuna.create_study(direction="minimize")
    known = {p.path: distribution(p) for p in parameters}
    for row in rows:
        values = encoded(table.sweep.space, table.settings[row])
        chosen = {p.path: values[p.path] for p in parameters}
        study.add_trial(create_trial(params=chosen, distributions=known, value=float(table.losses[row])))
    return get_param_importances(study, evaluator=evaluator, params=list(known))


def landscape(data: Data, sweeps: Sweeps, steps: int = 25, rows: int = 40, draws: int = 1000) -> dict[str, np.ndarray]:
    """Model the objective over the two ranges that matter most and the one that matters least, the rest averaged out.

    A Gaussian process is fitted to all trials of the one sweep; its mean is averaged over the other parameters of some
    of them (a partial dependence, Friedman 2001). The second surface is where nine trials are laid out: as a grid, at
    random, or as a Sobol sequence (Bergstra & Bengio 2012, figure 1).

    Returns
    -------
    dict
        ``paths`` (3,), of the parameters; ``bounds`` (3, 2) and ``log`` (3,); ``axis`` (steps,), positions;
        ``surface`` and ``flat`` (steps, steps), the objective over the first and the second, over the first and the
        third (columns: the first); ``trials`` (n, 3), positions of the trials and ``value`` (n,); for each layout
        ``points.<layout>`` (9, 2) and ``best.<layout>`` (draws,), the best of the nine, over layouts shifted or drawn
        anew.
    """
    [table] = sweeps.values()
    space = table.sweep.space
    always = [p for p in space if not p.when]
    shares = _shares(table, always, np.arange(len(table.rows)), FanovaImportanceEvaluator(n_trees=64, seed=0))
    ranges = sorted((p for p in always if p.kind != "choice"), key=lambda p: -shares[p.path])
    chosen = [ranges[0], ranges[1], ranges[-1]]

    x, value = gaussian.encode(space, table.settings), 1 - table.losses
    smooth = ConstantKernel(1.0, (0.1, 10)) * Matern(np.full(x.shape[1], 0.7), (0.2, 3), nu=2.5)
    process = GaussianProcessRegressor(smooth + WhiteKernel(0.1), normalize_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: the parameter does not matter
        process.fit(x, value)
    axis = np.linspace(0, 1, steps)
    columns = [_column(space.parameters, p) for p in chosen]
    others = x[np.random.default_rng(0).permutation(len(x))[:rows]]
    surface, flat = (_dependence(process, others, columns[0], columns[k], axis) for k in (1, 2))

    found = {
        "paths": np.array([p.path for p in chosen]),
        "log": np.array([p.log for p in chosen]),
        "bounds": np.array([p.values for p in chosen], dtype=float),
        "axis": axis,
        "surface": surface,
        "flat": flat,
        "trials": x[:, columns],
        "value": value,
    }
    rng = np.random.default_rng(0)
    sides = (np.arange(3) + 0.5) / 3
    grid = np.stack(np.meshgrid(sides, sides), axis=-1).reshape(-1, 2)
    layouts = {
        "grid": [grid + rng.uniform(-1 / 6, 1 / 6, 2) for _ in range(draws)],
        "random": [rng.random((9, 2)) for _ in range(draws)],
        "sobol": [qmc.Sobol(2, rng=k).random_base2(4)[:9] for k in range(draws)],
    }
    layouts["grid"][0] = grid
    for name, points in layouts.items():
        found[f"points.{name}"] = points[0]
        found[f"best.{name}"] = np.array([_at(flat, axis, part).max() for part in points])
    return found


def _column(parameters: tuple[Parameter, ...], wanted: Parameter) -> int:
    """Return where a range stands among the columns of `gaussian.encode`."""
    before = parameters[: parameters.index(wanted)]
    return sum(len(p.values) if p.kind == "choice" else 1 for p in before)


def _dependence(process, others: np.ndarray, first: int, second: int, axis: np.ndarray) -> np.ndarray:
    """Return the mean over the other parameters ``(axis of the second, axis of the first)``."""
    surface = np.empty((len(axis), len(axis)))
    for row, v in enumerate(axis):
        points = np.repeat(others[None], len(axis), axis=0)
        points[..., first], points[..., second] = axis[:, None], v
        surface[row] = process.predict(points.reshape(-1, others.shape[1])).reshape(len(axis), -1).mean(axis=1)
    return surface


def _at(surface: np.ndarray, axis: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the surface at points ``(n, 2)``, the nearest of its cells."""
    column, row = np.rint(points * (len(axis) - 1)).astype(int).T
    return surface[row, column]
