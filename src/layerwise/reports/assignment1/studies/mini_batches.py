"""Batch, mini-batch and stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports import logistic
from layerwise.reports.inputs import Data, named, only


def run(
    data: Data, sizes: Sequence[int | str] = ("all", 32, 1), epochs: int = 30, repeats: int = 5, l2: float = 0.001
) -> dict[str, np.ndarray]:
    """Compare batch, mini-batch and stochastic gradient descent, each with the safe step size for its batch size.

    Returns
    -------
    dict
        ``loss.<size>`` (repeats, epochs + 1), the loss on all training data above its minimum.
    """
    x, y = only(data)["train"]
    minimum = logistic.fitted(x, y, l2=l2, max_epochs=20_000, tol=1e-6).losses[-1]
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
    above = np.array(curves) - minimum
    return named("loss", sizes, above)
