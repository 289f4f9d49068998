"""Derivation of Glorot and He initialization: the variance of each layer, by the formula and measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.inputs import Data

GAINS = {"glorot": 1.0, "he": 2.0}
"""Number of inputs times the variance of a weight, in layers with as many inputs as outputs."""


def run(
    data: Data, layers: Sequence[int] = (1, 2, 5, 10, 20), width: int = 256, examples: int = 100, seeds: int = 10
) -> dict[str, np.ndarray]:
    """Measure the mean squares of scores and gradients in untrained ReLU networks of equally wide layers.

    Parameters
    ----------
    data : mapping
        None; the inputs are normally distributed.
    layers : sequence of int
        Layers at which to measure; the last one is the depth of the network.
    width, examples, seeds : int
        Units per layer, examples, and number of networks.

    Returns
    -------
    dict
        For each initialization of `GAINS`: ``forward.…`` (seeds, layers), the mean square of the scores z of each layer
        relative to the first; ``backward.…`` (seeds, layers), that of the gradients at z relative to the last layer;
        ``formula.forward.…``, ``formula.backward.…`` (layers,), the expected values.
    """
    depth, picked = layers[-1], np.array(layers) - 1
    result: dict[str, np.ndarray] = {}
    measured: dict[str, list[np.ndarray]] = {}
    for seed in range(seeds):
        for name, gain in GAINS.items():
            rng = np.random.default_rng(seed)
            kernels = rng.normal(0, np.sqrt(gain / width), (depth, width, width))
            y, scores = rng.normal(size=(examples, width)), []
            for kernel in kernels:
                scores.append(y @ kernel)
                y = np.maximum(scores[-1], 0)
            gradients = [rng.normal(size=y.shape) * (scores[-1] > 0)]
            for kernel, z in zip(kernels[:0:-1], scores[-2::-1]):
                gradients.append(gradients[-1] @ kernel.T * (z > 0))
            for kind, arrays, first in (("forward", scores, 0), ("backward", gradients[::-1], -1)):
                squares = np.array([(array**2).mean() for array in arrays])
                measured.setdefault(f"{kind}.{name}", []).append((squares / squares[first])[picked])
    for name, gain in GAINS.items():
        result[f"formula.forward.{name}"] = (gain / 2.0) ** picked
        result[f"formula.backward.{name}"] = (gain / 2.0) ** (depth - 1 - picked)
    for key, values in measured.items():
        result[key] = np.array(values)
    return result
