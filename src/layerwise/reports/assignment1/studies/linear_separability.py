"""Linearly separable data."""

from __future__ import annotations

import itertools

import numpy as np

from layerwise.estimators.descent import gradient_descent
from layerwise.estimators.logistic_regression import logistic_loss_and_gradient
from layerwise.reports.inputs import Data, only


def run(
    data: Data, positive: int = 0, epochs: int = 3000, l2: float = 0.01, repeats: int = 10, rate: float = 1.0
) -> dict[str, np.ndarray]:
    """Track the weights on linearly separable classes, with and without a penalty.

    Without a penalty, their norm grows as log t and their direction converges to that of the maximum margin (Soudry
    et al. 2018, *The implicit bias of gradient descent on separable data*).

    Returns
    -------
    dict
        ``epoch`` (t,); for ``free`` and ``penalised``: ``norm.…``, ``loss.…`` and ``cosine.…`` with the maximum-margin
        direction (repeats, t).
    """
    from sklearn.svm import LinearSVC  # slower to import than most studies are to run

    x, y = only(data)["train"]
    target = (y == positive).astype(float)[:, None]
    margin = LinearSVC(C=1e4, loss="hinge", max_iter=200_000, random_state=0).fit(x, y == positive).coef_[0]
    at = np.unique(np.geomspace(1, epochs, 25).round().astype(int))
    result, recorded = {"epoch": at}, set(at.tolist())
    for name, penalty in (("free", 0.0), ("penalised", l2)):
        norms, losses, cosines = [], [], []
        for repeat in range(repeats):
            start = [np.random.default_rng(repeat).normal(size=(x.shape[1], 1)), np.zeros(1)]
            steps = gradient_descent(
                lambda parameters, rows: logistic_loss_and_gradient(
                    parameters[0],
                    parameters[1],
                    x[rows],
                    target[rows],
                    l2=penalty,  # noqa: B023
                ),
                start,
                len(x),
                learning_rate=rate,
            )
            records = [step for step in itertools.islice(steps, epochs + 1) if step.epoch in recorded]
            weights = np.array([step.parameters[0][:, 0] for step in records])
            norms.append(np.linalg.norm(weights, axis=1))
            losses.append([step.loss for step in records])
            cosines.append(weights @ margin / norms[-1] / np.linalg.norm(margin))
        for measure, values in (("norm", norms), ("loss", losses), ("cosine", cosines)):
            result[f"{measure}.{name}"] = np.array(values)
    return result
