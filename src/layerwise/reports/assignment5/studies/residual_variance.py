"""Signal propagation in residual networks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data


def run(data: Data, depth: int = 20, width: int = 100, examples: int = 500, seeds: int = 10) -> dict[str, np.ndarray]:
    """Propagate noise through untrained stacks of residual blocks ``x + W relu(x)`` with He initialization.

    Without normalization, a block doubles the variance, as its branch has the variance of its input. With batch
    normalization the branch has variance 1, so the variance grows by 1 per block and deep blocks are close to the
    identity (De & Smith 2020).

    Returns
    -------
    dict
        ``variance.<stack>`` (seeds, depth + 1) for ``chain`` (no shortcut), ``residual`` and ``residual_batch``;
        ``factor.<stack>`` (seeds,): geometric mean of the factor per block; ``slope.<stack>`` (seeds,): mean increase
        per block; ``share.<stack>`` (seeds,): share of the last block's increase in its output variance.
    """
    blocks: dict[str, Callable[[], list[nn.Layer]]] = {
        "chain": lambda: _branch(width, False),
        "residual": lambda: [nn.Residual(_branch(width, False))],
        "residual_batch": lambda: [nn.Residual(_branch(width, True))],
    }
    result: dict[str, np.ndarray] = {}
    for name, block in blocks.items():
        curves = []
        for seed in range(seeds):
            stack = [block() for _ in range(depth)]
            model = nn.Sequential([nn.Input((width,)), *[layer for part in stack for layer in part]], seed=seed)
            last_layers = {id(part[-1]) for part in stack}
            x = np.random.default_rng(seed).normal(size=(examples, width)).astype(np.float32)
            curve = [float(x.var())]
            for layer in model.layers:
                x = layer.forward(x, training=True)
                if id(layer) in last_layers:
                    curve.append(float(x.var()))
            curves.append(curve)
        variance = np.array(curves)
        increases = np.diff(variance, axis=1)
        result |= {
            f"variance.{name}": variance,
            f"factor.{name}": (variance[:, -1] / variance[:, 0]) ** (1 / depth),
            f"slope.{name}": increases.mean(axis=1),
            f"share.{name}": increases[:, -1] / variance[:, -1],
        }
    return result


def _branch(width: int, normalized: bool) -> list[nn.Layer]:
    first: list[nn.Layer] = [nn.BatchNormalization()] if normalized else []
    return [*first, nn.ReLU(), nn.Dense(width, use_bias=False, kernel_initializer="he_normal")]
