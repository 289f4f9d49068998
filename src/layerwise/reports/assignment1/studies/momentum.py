"""Momentum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports import logistic
from layerwise.reports.inputs import Data, bootstraps, named, only


def run(
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
