"""L1 and L2 regularization: decision boundaries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    values: Sequence[float] = (0.0, 1e-4, 1e-3, 1e-2, 1e-1),
    units: Sequence[int] = (50, 50),
    examples: int = 60,
    epochs: int = 300,
    steps: int = 60,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Compute the decision boundary of a network on two features for several strengths of an L2 penalty.

    Returns
    -------
    dict
        ``grid`` (steps,); training examples ``x``, ``y`` and ``boundary.<value>`` (steps, steps), the probability of
        class 1, of the first seed; ``validation.<value>`` (seeds,), the validation accuracy; ``slope.<value>``
        (seeds,), the mean norm of the gradient of the probability over the plane.
    """
    splits = only(data, np.float32)
    xv, yv = splits["validation"]
    reach = float(np.abs(splits["train"][0]).max()) * 1.05
    grid = np.linspace(-reach, reach, steps, dtype=np.float32)
    plane = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    x, y = training_kit.draw(splits["train"], examples, 0)
    result: dict[str, np.ndarray] = {"grid": grid, "x": x, "y": y}
    for value in values:
        accuracy, slopes = [], []
        for seed in range(seeds):
            split = training_kit.draw(splits["train"], examples, seed)
            stack = training_kit.layers(units, 2, regularizer=nn.L2(value) if value else None)
            model = training_kit.train(stack, split, seed, nn.Adam(5e-3), epochs, examples)
            p = training_kit.probabilities(training_kit.logits(model, plane))[:, 1].reshape(steps, steps)
            accuracy.append(training_kit.accuracy(training_kit.logits(model, xv), yv))
            slopes.append(float(np.hypot(*np.gradient(p.astype(float), float(grid[1] - grid[0]))).mean()))
            if not seed:
                result[f"boundary.{value:g}"] = p
        result |= {f"validation.{value:g}": np.array(accuracy), f"slope.{value:g}": np.array(slopes)}
    return result
