"""Partial dependence on the numeric columns of a user's table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.evaluation.metrics import class_probabilities
from layerwise.evaluation.run import probabilities
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained
from layerwise.reports.user_table.shared import groups, numbers


def run(
    data: Data, runs: Mapping[str, Trained], rows: int = 500, columns: int = 4, points: int = 20, candidates: int = 60
) -> dict[str, np.ndarray]:
    """Compute how the mean prediction depends on one numeric column (Friedman 2001, section 8.2).

    Parameters
    ----------
    data : mapping
        One table.
    runs : mapping
        The runs of one model on it.
    rows : int
        Largest number of test examples, a random sample.
    columns : int
        Number of columns to return: those whose partial dependence varies most in the first run.
    points : int
        Values of a column, evenly spaced from its 1st to its 99th percentile.
    candidates : int
        Number of columns to compare, the first of the table.

    Returns
    -------
    dict
        ``columns`` (k,): positions among the numeric columns; for each ``grid.<position>`` (points,), in the units of
        the column, and ``mean.<position>`` (runs, points, outputs): the mean probability of each class, or the mean
        prediction in the units of the target; ``rows`` (1,).
    """
    [splits] = data.values()
    [trained] = runs.values()
    info = trained.dataset
    x = splits["test"][0]
    x = x[np.random.default_rng(0).permutation(len(x))[:rows]]
    together = list(groups(info).values())
    numeric = list(numbers(info).values())[:candidates]
    models = list(trained.models())
    logits = bool(trained.spec["loss"].get("from_logits", False))

    def response(model, feature: int, grid: np.ndarray) -> np.ndarray:
        varied = np.repeat(x[:, None], len(grid), axis=1)
        varied[:, :, next(group for group in together if feature in group)] = 0  # no value is missing
        varied[:, :, feature] = grid
        p = probabilities(np.asarray(model.predict(varied.reshape(-1, x.shape[1]), batch_size=1024, verbose=0)),
                          info["task"], logits)  # fmt: skip
        p = class_probabilities(p) if info["classes"] else p * info["scaling"]["target"]["scale"]
        means = p.reshape(len(x), len(grid), -1).mean(axis=0)
        return means if info["classes"] else means + info["scaling"]["target"]["mean"]

    ends = [np.percentile(x[:, feature], [1, 99]) for feature, _, _ in numeric]
    grids = [np.linspace(low, high, points) for low, high in ends]
    swings = [np.ptp(response(models[0], column[0], grid), axis=0).max() for column, grid in zip(numeric, grids)]
    chosen = np.argsort(-np.array(swings), kind="stable")[:columns]
    arrays: dict[str, np.ndarray] = {"columns": chosen, "rows": np.array([len(x)])}
    for position in map(int, chosen):
        feature, mean, scale = numeric[position]
        arrays[f"grid.{position}"] = grids[position] * scale + mean
        arrays[f"mean.{position}"] = np.array([response(model, feature, grids[position]) for model in models])
    return arrays
