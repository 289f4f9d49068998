"""Comparison at equal budget."""

from __future__ import annotations

import numpy as np

from layerwise.reports.hyperparameter_tuning.shared import Sweeps
from layerwise.reports.inputs import Data
from layerwise.tuning import gaussian


def run(data: Data, sweeps: Sweeps, budget: int = 64, repeats: int = 20, batch: int = 8) -> dict[str, np.ndarray]:
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
