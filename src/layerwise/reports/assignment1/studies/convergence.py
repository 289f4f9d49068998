"""Learning rate and convergence."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from layerwise.estimators.descent import gradient_descent
from layerwise.estimators.logistic_regression import logistic_loss_and_gradient, sigmoid
from layerwise.reports.inputs import Data, named, only, rarest, strongest


def run(
    data: Data,
    rates: Sequence[float] = (0.03, 0.3, 0.95),
    l2: float = 0.1,
    steps: int = 40,
    grid: int = 61,
    starts: int = 10,
) -> dict[str, np.ndarray]:
    r"""Descend the cost of two weights with several step sizes, from one start for the eye and from many for the count.

    The loss of the two strongest features (rarest class against the rest) has the Hessian
    :math:`H = \frac1n X^T S X + λI`, with S the diagonal of p(1 − p) ≤ ¼. Descent from anywhere must arrive if
    η < 2/L with :math:`L = λ_{\max}(X^T X) / 4n + λ`, and cannot settle in the minimum w* if
    :math:`η > 2 / λ_{\max}(H(w^*))`. Past 2/λ it leaves for infinity, for the loss grows like λ/2 ‖w‖² far out.

    Parameters
    ----------
    data : mapping
        One dataset.
    rates : sequence of float
        Step sizes in units of 2/L; one of 1.2 · 2/λmax(H(w*)), and one of 2.2/λ, are added.
    l2 : float
        λ.
    steps : int
        Steps drawn.
    grid : int
        Points along each side of the surface.
    starts : int
        Random starts for ``gap.safe`` and ``gap.unstable``.

    Returns
    -------
    dict
        ``columns`` (2,), ``minimum`` (2,), ``w1``, ``w2`` (grid,), ``loss`` (grid, grid), ``rate`` (r,), ``walk``
        (r, steps + 1, 2), ``walk_loss`` (r, steps + 1), ``limits`` (2/L, 2/λmax(H(w*)), 2/λ), and the distance of
        the loss to its minimum after 500 steps, ``gap.safe``, ``gap.unstable`` (starts,).
    """
    from scipy.optimize import minimize  # late: most studies of this module do without

    x, y = only(data)["train"]
    columns = strongest(x, y)
    x = x[:, columns]
    target = (y == rarest(y)).astype(float)[:, None]
    bias = np.log(target.mean() / (1 - target.mean())) * np.ones(1)

    def objective(parameters, rows=slice(None)):
        loss, (gradient, _) = logistic_loss_and_gradient(parameters[0], bias, x[rows], target[rows], l2=l2)
        return loss, [gradient]

    found = minimize(lambda w: objective([w[:, None]])[0], np.zeros(2), tol=1e-12)
    p = sigmoid(x @ found.x + bias)
    hessian = (x * (p * (1 - p))[:, None]).T @ x / len(x) + l2 * np.eye(2)
    curvatures, directions = np.linalg.eigh(hessian)
    upper = np.linalg.eigvalsh(x.T @ x)[-1] / (4 * len(x)) + l2
    limits = np.array([2 / upper, 2 / curvatures[-1], 2 / l2])
    chosen = np.array([*(rate * limits[0] for rate in rates), 1.2 * limits[1], 1.1 * limits[2]])

    def descend(start: np.ndarray, rate: float, count: int):
        walk = gradient_descent(objective, [start[:, None]], len(x), learning_rate=float(rate))
        with np.errstate(over="ignore", invalid="ignore"):
            return list(itertools.islice(walk, count + 1))

    begin = found.x + directions @ np.array([1.6, 1.3])
    walks = [descend(begin, rate, steps) for rate in chosen]
    path = np.array([[step.parameters[0][:, 0] for step in walk] for walk in walks])
    half = 1.35 * np.abs(begin - found.x).max()
    w1, w2 = (np.linspace(centre - half, centre + half, grid) for centre in found.x)
    every = np.stack(np.meshgrid(w1, w2), axis=-1).reshape(-1, 2)
    z = every @ x.T + bias
    cost = (np.logaddexp(0, z) - z * target[:, 0]).mean(axis=1) + l2 / 2 * (every**2).sum(axis=1)
    rng = np.random.default_rng(0)
    others = found.x + 2 * rng.normal(size=(starts, 2))
    gaps = [
        [descend(start, rate, 500)[-1].loss - found.fun for start in others]
        for rate in (0.95 * limits[0], 1.05 * limits[1])
    ]
    return {
        "columns": np.array(columns),
        "minimum": found.x,
        "w1": w1,
        "w2": w2,
        "loss": cost.reshape(grid, grid),
        "rate": chosen,
        "walk": path,
        "walk_loss": np.array([[step.loss for step in walk] for walk in walks]),
        "limits": limits,
        **named("gap", ("safe", "unstable"), gaps),
    }
