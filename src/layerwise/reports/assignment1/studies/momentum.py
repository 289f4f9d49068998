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
    """Run batch gradient descent with several momentum coefficients and one step size, on bootstrap resamples.

    Returns
    -------
    dict
        ``loss.<µ>`` (repeats, epochs + 1) above the minimum; ``epochs.<µ>`` (repeats,), the first epoch from which
        the loss stays within ``tolerance`` of the minimum, ``epochs + 1`` if there is none.
    """
    curves: list[list[np.ndarray]] = [[] for _ in momenta]
    for x, y in bootstraps(*only(data)["train"], repeats):
        minimum = logistic.fitted(x, y, l2=l2, max_epochs=20_000, tol=1e-5, momentum=0.99).losses[-1]
        for runs, momentum in zip(curves, momenta):
            model = logistic.fitted(x, y, l2=l2, momentum=momentum, max_epochs=epochs, tol=0)
            runs.append(np.array(model.losses) - minimum)
    needed = [[_epochs_to_converge(curve, tolerance) for curve in runs] for runs in curves]
    return {**named("loss", momenta, curves), **named("epochs", momenta, needed)}


def _epochs_to_converge(curve: np.ndarray, tolerance: float) -> int:
    above = np.flatnonzero(curve > tolerance)
    return int(above[-1]) + 1 if len(above) else 0
