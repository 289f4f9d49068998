"""Comparison at equal budget."""

from __future__ import annotations

import numpy as np

from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data
from layerwise.tuning import gaussian


def run(data: Data, sweeps: Sweeps, budget: int = 64, repeats: int = 20, batch: int = 8) -> dict[str, np.ndarray]:
    """Replay four search methods at equal cost on the finished trials of a random search and a grid search.

    Each repeat shuffles the trials. Random search takes those of the first sweep in order, grid search those of the
    second. Bayesian search selects trials of the first sweep, ``batch`` at a time, and sees only the values of those
    selected. Hyperband (Li et al. 2018, algorithm 1) samples from the first sweep and sees each learning curve only up
    to the epochs it has spent.

    Returns
    -------
    dict
        ``cost`` (budget,), in full trainings; for ``random``, ``grid``, ``bayesian``, ``hyperband``: ``best.<method>``
        (repeats, budget), the best objective so far among completed trainings, NaN before the first, and
        ``at.<method>.<cost>`` (repeats,), the best at a quarter, a half and all of the budget.
    """
    drawn, grid = sweeps.values()
    x = gaussian.encode(drawn.sweep.space, drawn.settings)
    epochs, factor = drawn.sweep.rungs[-1], 3
    best_losses: dict[str, list[np.ndarray]] = {"random": [], "grid": [], "bayesian": [], "hyperband": []}
    for repeat in range(repeats):
        rng = np.random.default_rng(repeat)
        order = rng.permutation(len(drawn.losses))
        grid_order = rng.permutation(len(grid.losses))
        best_losses["random"].append(_best(drawn.losses[order[:budget]]))
        best_losses["grid"].append(_best(grid.losses[grid_order], budget))
        best_losses["bayesian"].append(_best(drawn.losses[_bayesian(x, drawn.losses, order, budget, batch)]))
        best_losses["hyperband"].append(_hyperband(1 - drawn.curves[order], epochs, factor, budget))
    result = {"cost": np.arange(1, budget + 1)}
    for name, losses in best_losses.items():
        best = 1 - np.array(losses)
        result[f"best.{name}"] = best
        result |= {f"at.{name}.{cost}": best[:, cost - 1] for cost in (budget // 4, budget // 2, budget)}
    return result


def _best(losses: np.ndarray, budget: int | None = None) -> np.ndarray:
    """Return the lowest loss so far, repeated up to the budget if the search ends before."""
    best = np.minimum.accumulate(losses[:budget])
    return np.pad(best, (0, (budget or len(best)) - len(best)), mode="edge")


def _bayesian(x: np.ndarray, losses: np.ndarray, order: np.ndarray, budget: int, batch: int) -> list[int]:
    """Return the trials that Bayesian search selects, starting with the first batch in order."""
    selected = [int(i) for i in order[:batch]]
    while len(selected) < budget:
        rest = np.setdiff1d(order, selected)
        selected += [int(rest[i]) for i in gaussian.choose(x[selected], losses[selected], x[rest], batch)]
    return selected[:budget]


def _hyperband(curves: np.ndarray, epochs: int, factor: int, budget: int) -> np.ndarray:
    """Return the lowest final loss so far after each multiple of a full training's epochs.

    The brackets run from the most aggressive to the one without early stopping, then start again. A promoted trial
    continues where it stopped, so each epoch is counted once.
    """
    rungs = [factor**k for k in range(epochs) if factor**k <= epochs]
    best, lowest, spent, sampled = np.full(budget, np.nan), np.inf, 0, 0
    while True:
        for bracket in range(len(rungs) - 1, -1, -1):
            count = -(-len(rungs) * factor**bracket // (bracket + 1))
            active, reached = np.arange(sampled, sampled + count), 0
            sampled += count
            for rung in rungs[len(rungs) - 1 - bracket :]:
                if sampled > len(curves):
                    return best
                for trial in active:
                    spent += rung - reached
                    if spent > budget * epochs:
                        return best
                    if rung == rungs[-1]:
                        lowest = min(lowest, curves[trial, rung - 1])
                        best[-(-spent // epochs) - 1 :] = lowest
                order = np.argsort(curves[active, rung - 1], kind="stable")
                active = active[order[: max(len(active) // factor, 1)]]
                reached = rung
