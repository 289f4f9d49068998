"""Grid, random and Sobol designs."""

from __future__ import annotations

import warnings

import numpy as np
from optuna.importance import FanovaImportanceEvaluator
from scipy.stats import qmc
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from layerwise.reports.hyperparameter_tuning.importance import importance_shares
from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data
from layerwise.tuning import gaussian
from layerwise.tuning.space import Parameter


def run(data: Data, sweeps: Sweeps, steps: int = 25, rows: int = 40, draws: int = 1000) -> dict[str, np.ndarray]:
    """Model the objective over the two most and the least important ranges, and compare designs of nine trials on it.

    A Gaussian process is fitted to all trials of the sweep; its mean is averaged over the other parameters of a sample
    of trials (partial dependence, Friedman 2001). On the surface over the most and the least important range, nine
    trials are placed as a grid, at random, or as a Sobol sequence (Bergstra & Bengio 2012, figure 1).

    Returns
    -------
    dict
        ``paths`` (3,), ``bounds`` (3, 2) and ``log`` (3,) of the parameters; ``axis`` (steps,), positions from 0 to 1;
        ``surface`` and ``flat`` (steps, steps), the objective over the first and second, and over the first and third
        parameter (the first along the columns); ``trials`` (n, 3) and ``value`` (n,), positions and objectives of the
        trials; ``points.<design>`` (9, 2), one example of each design; ``best.<design>`` (draws,), the best objective
        of the nine points over random draws of the design (the grid is shifted).
    """
    [table] = sweeps.values()
    space = table.sweep.space
    unconditional = [p for p in space if not p.when]
    evaluator = FanovaImportanceEvaluator(n_trees=64, seed=0)
    shares = importance_shares(table, unconditional, np.arange(len(table.rows)), evaluator)
    ranges = sorted((p for p in unconditional if p.kind != "choice"), key=lambda p: -shares[p.path])
    chosen = [ranges[0], ranges[1], ranges[-1]]

    x, value = gaussian.encode(space, table.settings), 1 - table.losses
    kernel = ConstantKernel(1.0, (0.1, 10)) * Matern(np.full(x.shape[1], 0.7), (0.2, 3), nu=2.5)
    process = GaussianProcessRegressor(kernel + WhiteKernel(0.1), normalize_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an irrelevant parameter has its length scale at the bound
        process.fit(x, value)
    axis = np.linspace(0, 1, steps)
    columns = [_column(space.parameters, p) for p in chosen]
    others = x[np.random.default_rng(0).permutation(len(x))[:rows]]
    surface, flat = (_dependence(process, others, columns[0], columns[k], axis) for k in (1, 2))

    result = {
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
    levels = (np.arange(3) + 0.5) / 3
    grid = np.stack(np.meshgrid(levels, levels), axis=-1).reshape(-1, 2)
    designs = {
        "grid": [grid + rng.uniform(-1 / 6, 1 / 6, 2) for _ in range(draws)],
        "random": [rng.random((9, 2)) for _ in range(draws)],
        "sobol": [qmc.Sobol(2, rng=k).random_base2(4)[:9] for k in range(draws)],
    }
    designs["grid"][0] = grid
    for name, samples in designs.items():
        result[f"points.{name}"] = samples[0]
        result[f"best.{name}"] = np.array([_at(flat, axis, points).max() for points in samples])
    return result


def _column(parameters: tuple[Parameter, ...], wanted: Parameter) -> int:
    """Return the column of a range in `gaussian.encode`."""
    before = parameters[: parameters.index(wanted)]
    return sum(len(p.values) if p.kind == "choice" else 1 for p in before)


def _dependence(process, others: np.ndarray, first: int, second: int, axis: np.ndarray) -> np.ndarray:
    """Return the partial dependence on two columns ``(axis of the second, axis of the first)``."""
    surface = np.empty((len(axis), len(axis)))
    for row, v in enumerate(axis):
        points = np.repeat(others[None], len(axis), axis=0)
        points[..., first], points[..., second] = axis[:, None], v
        surface[row] = process.predict(points.reshape(-1, others.shape[1])).reshape(len(axis), -1).mean(axis=1)
    return surface


def _at(surface: np.ndarray, axis: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the values of a surface at the grid cells nearest to points ``(n, 2)``."""
    column, row = np.rint(points * (len(axis) - 1)).astype(int).T
    return surface[row, column]
