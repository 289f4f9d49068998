"""How gradient descent moves: the step size, the batch, momentum, the scale of the features, separable classes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from layerwise.estimators.descent import gradient_descent
from layerwise.estimators.logistic_regression import logistic_loss_and_gradient, sigmoid, smoothness
from layerwise.studies import logistic
from layerwise.studies.inputs import Data, bootstraps, named, only, rarest, strongest


def surface(
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


def batches(
    data: Data, sizes: Sequence[int | str] = ("all", 32, 1), epochs: int = 30, repeats: int = 5, l2: float = 0.001
) -> dict[str, np.ndarray]:
    """Compare batch, mini-batch and stochastic gradient descent, each with the step size that is safe for its batch.

    Returns
    -------
    dict
        ``loss.<size>`` (repeats, epochs + 1): the loss on all training data, less that of the minimum; ``end.<size>``
        (repeats,), its last value.
    """
    x, y = only(data)["train"]
    best = logistic.fitted(x, y, l2=l2, max_epochs=20_000, tol=1e-6).losses[-1]
    curves = [
        [
            logistic.fitted(
                x,
                y,
                l2=l2,
                momentum=0.0,
                batch_size=None if size == "all" else size,
                max_epochs=epochs,
                tol=0,
                random_state=np.random.RandomState(repeat),
            ).losses
            for repeat in range(repeats)
        ]
        for size in sizes
    ]
    above = np.array(curves) - best
    return {**named("loss", sizes, above), **named("end", sizes, above[:, :, -1])}


def momentum(
    data: Data,
    momenta: Sequence[float] = (0.0, 0.5, 0.9, 0.98),
    epochs: int = 600,
    tolerance: float = 0.01,
    repeats: int = 10,
    l2: float = 0.001,
) -> dict[str, np.ndarray]:
    """Give batch gradient descent a memory, with the same step size each time, on data drawn anew each time.

    Returns
    -------
    dict
        ``loss.<µ>`` (repeats, epochs + 1) above the minimum, ``epochs.<µ>`` (repeats,): the first epoch from which
        on it stays below ``tolerance``; ``epochs + 1`` if there is none.
    """
    curves: list[list[np.ndarray]] = [[] for _ in momenta]
    for x, y in bootstraps(*only(data)["train"], repeats):
        best = logistic.fitted(x, y, l2=l2, max_epochs=20_000, tol=1e-5, momentum=0.99).losses[-1]
        for curve, share in zip(curves, momenta):
            model = logistic.fitted(x, y, l2=l2, momentum=share, max_epochs=epochs, tol=0)
            curve.append(np.array(model.losses) - best)
    reached = [[_settled(curve, tolerance) for curve in of_one] for of_one in curves]
    return {**named("loss", momenta, curves), **named("epochs", momenta, reached)}


def _settled(curve: np.ndarray, tolerance: float) -> int:
    above = np.flatnonzero(curve > tolerance)
    return int(above[-1]) + 1 if len(above) else 0


def scaling(data: Data, epochs: int = 300, repeats: int = 10, l2: float = 0.0001) -> dict[str, np.ndarray]:
    """Train on standardised and on raw features, each with its own safe step 1/L.

    Parameters
    ----------
    data : mapping
        The same dataset twice, once under a name that ends in ``_raw``.
    epochs, repeats, l2 : int, int, float
        Of each training.

    Returns
    -------
    dict
        For ``scaled`` and ``raw``: ``loss.…`` (repeats, epochs + 1), ``condition.…`` (repeats,), the condition number
        of the Hessian at the start, ``eigenvalues.…`` (d + 1,) of it, ``step.…`` (1,) and ``accuracy.…`` (repeats,)
        on the validation split.
    """
    result: dict[str, np.ndarray] = {}
    for name, splits in data.items():
        kind = "raw" if name.endswith("_raw") else "scaled"
        one = only({name: splits})
        xv, yv = one["validation"]
        loss, condition, accuracy = [], [], []
        for repeat, (x, y) in enumerate(bootstraps(*one["train"], repeats)):
            augmented = np.column_stack([x, np.ones(len(x))])
            eigenvalues = np.linalg.eigvalsh(augmented.T @ augmented / (4 * len(x))) + l2
            condition.append(eigenvalues[-1] / max(eigenvalues[0], l2))
            model = logistic.fitted(x, y, l2=l2, momentum=0.0, max_epochs=epochs, tol=0)
            loss.append(model.losses)
            accuracy.append(model.accuracy(xv, yv))
            if repeat == 0:
                result[f"eigenvalues.{kind}"] = eigenvalues[::-1]
                result[f"step.{kind}"] = np.array([1 / smoothness(x, 0.25, l2=l2)])
        for measure, values in (("loss", loss), ("condition", condition), ("accuracy", accuracy)):
            result[f"{measure}.{kind}"] = np.array(values)
    return result


def separable(
    data: Data, positive: int = 0, epochs: int = 3000, l2: float = 0.01, repeats: int = 10, rate: float = 1.0
) -> dict[str, np.ndarray]:
    """Watch the weights on classes that a plane parts: without a penalty they grow as log t, in the end towards the
    direction of the widest margin (Soudry et al. 2018, *The implicit bias of gradient descent on separable data*).

    Returns
    -------
    dict
        ``epoch`` (t,), for ``free`` and ``penalised``: ``norm.…``, ``loss.…`` and ``cosine.…`` with the direction of
        the widest margin (repeats, t); ``early.…`` and ``late.…`` (repeats,): the norm after a tenth of the epochs and
        at the end.
    """  # noqa: D205
    from sklearn.svm import LinearSVC  # late: it takes longer to import than most studies of this module run

    x, y = only(data)["train"]
    target = (y == positive).astype(float)[:, None]
    margin = LinearSVC(C=1e4, loss="hinge", max_iter=200_000, random_state=0).fit(x, y == positive).coef_[0]
    at = np.unique(np.geomspace(1, epochs, 25).round().astype(int))
    result, drawn = {"epoch": at}, set(at.tolist())
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
            kept = [step for step in itertools.islice(steps, epochs + 1) if step.epoch in drawn]
            weights = np.array([step.parameters[0][:, 0] for step in kept])
            norms.append(np.linalg.norm(weights, axis=1))
            losses.append([step.loss for step in kept])
            cosines.append(weights @ margin / norms[-1] / np.linalg.norm(margin))
        norm = np.array(norms)
        result |= {f"norm.{name}": norm, f"loss.{name}": np.array(losses), f"cosine.{name}": np.array(cosines)}
        result |= {f"early.{name}": norm[:, np.searchsorted(at, epochs // 10)], f"late.{name}": norm[:, -1]}
    return result
