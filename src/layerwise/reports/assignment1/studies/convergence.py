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
    r"""Run gradient descent on two weights with several step sizes, from one start for the figure and random starts.

    The loss of the two strongest features (rarest class against the rest) has the Hessian
    :math:`H = \frac1n X^T S X + λI`, with S the diagonal matrix of p(1 − p) ≤ ¼. Descent converges from any start if
    η < 2/L with :math:`L = λ_{\max}(X^T X) / 4n + λ`, and cannot converge to the minimum w* if
    :math:`η > 2 / λ_{\max}(H(w^*))`. Above 2/λ it diverges, since the loss grows like λ/2 ‖w‖² far from the minimum.

    Parameters
    ----------
    data : mapping
        One dataset.
    rates : sequence of float
        Step sizes in units of 2/L; 1.2 · 2/λmax(H(w*)) and 2.2/λ are added to them.
    l2 : float
        Penalty strength λ.
    steps : int
        Number of steps of the plotted paths.
    grid : int
        Points along each side of the surface.
    starts : int
        Number of random starts for ``gap.safe`` and ``gap.unstable``.

    Returns
    -------
    dict
        ``columns`` (2,), ``minimum`` (2,), ``w1``, ``w2`` (grid,), ``loss`` (grid, grid), ``rate`` (r,), ``walk``
        (r, steps + 1, 2), ``walk_loss`` (r, steps + 1), ``limits`` (2/L, 2/λmax(H(w*)), 2/λ), and the loss above its
        minimum after 500 steps with a step size 5% below 2/L and 5% above 2/λmax(H(w*)), ``gap.safe`` and
        ``gap.unstable`` (starts,).
    """
    from scipy.optimize import minimize

    x, y = only(data)["train"]
    columns = strongest(x, y)
    x = x[:, columns]
    target = (y == rarest(y)).astype(float)[:, None]
    bias = np.log(target.mean() / (1 - target.mean())) * np.ones(1)

    def objective(parameters, rows=slice(None)):
        loss, (gradient, _) = logistic_loss_and_gradient(parameters[0], bias, x[rows], target[rows], l2=l2)
        return loss, [gradient]

    optimum = minimize(lambda w: objective([w[:, None]])[0], np.zeros(2), tol=1e-12)
    p = sigmoid(x @ optimum.x + bias)
    hessian = (x * (p * (1 - p))[:, None]).T @ x / len(x) + l2 * np.eye(2)
    curvatures, directions = np.linalg.eigh(hessian)
    upper = np.linalg.eigvalsh(x.T @ x)[-1] / (4 * len(x)) + l2
    limits = np.array([2 / upper, 2 / curvatures[-1], 2 / l2])
    etas = np.array([*(rate * limits[0] for rate in rates), 1.2 * limits[1], 1.1 * limits[2]])

    def descend(start: np.ndarray, rate: float, count: int):
        walk = gradient_descent(objective, [start[:, None]], len(x), learning_rate=float(rate))
        with np.errstate(over="ignore", invalid="ignore"):
            return list(itertools.islice(walk, count + 1))

    shared_start = optimum.x + directions @ np.array([1.6, 1.3])
    walks = [descend(shared_start, eta, steps) for eta in etas]
    half = 1.35 * np.abs(shared_start - optimum.x).max()
    w1, w2 = (np.linspace(center - half, center + half, grid) for center in optimum.x)
    points = np.stack(np.meshgrid(w1, w2), axis=-1).reshape(-1, 2)
    z = points @ x.T + bias
    loss = (np.logaddexp(0, z) - z * target[:, 0]).mean(axis=1) + l2 / 2 * (points**2).sum(axis=1)
    rng = np.random.default_rng(0)
    random_starts = optimum.x + 2 * rng.normal(size=(starts, 2))
    gaps = [
        [descend(start, rate, 500)[-1].loss - optimum.fun for start in random_starts]
        for rate in (0.95 * limits[0], 1.05 * limits[1])
    ]
    return {
        "columns": np.array(columns),
        "minimum": optimum.x,
        "w1": w1,
        "w2": w2,
        "loss": loss.reshape(grid, grid),
        "rate": etas,
        "walk": np.array([[step.parameters[0][:, 0] for step in walk] for walk in walks]),
        "walk_loss": np.array([[step.loss for step in walk] for walk in walks]),
        "limits": limits,
        **named("gap", ("safe", "unstable"), gaps),
    }
