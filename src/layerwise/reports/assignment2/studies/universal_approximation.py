"""Universal approximation by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data

STEEPNESS = 30.0  # weight of a sigmoid, in units of 1 / width of a bump


def run(
    data: Data, units: Sequence[int] = (4, 8, 16, 32, 64, 128), shown: int = 16, points: int = 1001
) -> dict[str, np.ndarray]:
    """Approximate a function by networks with one hidden layer whose weights are set by hand, without training.

    Parameters
    ----------
    data : mapping
        None.
    units : sequence of int
        Even numbers of hidden units.
    shown : int
        One of these; the outputs of its networks are returned.
    points : int
        Number of points at which the function and the networks are evaluated.

    Returns
    -------
    dict
        ``x``, ``target`` (points,); ``units`` (sizes,); for ``sigmoid`` and ``relu``: ``output.<kind>``
        (points,), and ``error.<kind>`` (sizes,), the root mean square error over the points.
    """
    x = np.linspace(0, 1, points)
    result = {"x": x, "target": target(x), "units": np.array(units)}
    for kind, build in (("sigmoid", bumps), ("relu", segments)):
        errors = []
        for size in units:
            model = nn.Sequential([nn.Input((1,)), nn.Dense(size, kind), nn.Dense(1)], dtype="float64")
            model.set_weights(build(size))
            output = model.predict(x[:, None], verbose=0)[:, 0]
            errors.append(np.sqrt(np.mean((output - result["target"]) ** 2)))
            if size == shown:
                result[f"output.{kind}"] = output
        result[f"error.{kind}"] = np.array(errors)
    return result


def target(x: np.ndarray) -> np.ndarray:
    """Return the function to approximate, for x between 0 and 1."""
    return np.sin(2 * np.pi * x) * np.exp(-x) + 0.3 * np.cos(6 * np.pi * x)


def bumps(units: int) -> list[np.ndarray]:
    """Return the weights of a network of sigmoids, two per bump.

    The difference of two steep sigmoids is about 1 between their thresholds and 0 elsewhere; the height of a bump is
    the target at its center.
    """
    edges = np.linspace(0, 1, units // 2 + 1)
    steepness = STEEPNESS * units / 2
    heights = target((edges[:-1] + edges[1:]) / 2)
    # the first bump has no left edge and the last no right edge, so that the network is right up to both ends
    thresholds = np.concatenate([[-1.0], edges[1:-1], edges[1:-1], [2.0]])
    outputs = np.concatenate([heights, -heights])
    return [np.full((1, units), steepness), -steepness * thresholds, outputs[:, None], np.zeros(1)]


def segments(units: int) -> list[np.ndarray]:
    """Return the weights of a network of ReLUs that interpolates the target linearly between equidistant points.

    Each unit begins to rise at one of the points; its output weight is the change of slope there.
    """
    edges = np.linspace(0, 1, units + 1)
    slopes = np.diff(target(edges)) * units
    changes = np.diff(slopes, prepend=0.0)
    return [np.ones((1, units)), -edges[:-1], changes[:, None], target(edges[:1])]
