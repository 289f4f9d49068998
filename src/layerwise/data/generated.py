"""Generated two-dimensional datasets, used to show decision boundaries."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise.data.examples import Examples


def blobs(spec: dict[str, Any]) -> Examples:
    """Draw Gaussian clusters with standard deviation ``noise``, centers evenly spaced on a circle of radius 4."""
    rng, classes = np.random.default_rng(spec["seed"]), spec["classes"]
    y = np.arange(spec["examples"]) % classes
    angle = 2 * np.pi * y / classes
    return _plane(4 * np.stack([np.cos(angle), np.sin(angle)], axis=1), y, classes, spec["noise"], rng)


def moons(spec: dict[str, Any]) -> Examples:
    """Draw two interleaving half circles."""
    outer, inner = (np.linspace(0, np.pi, size) for size in _halves(spec["examples"]))
    x = np.concatenate([np.cos(outer), 1 - np.cos(inner)])
    return _shuffled(x, np.concatenate([np.sin(outer), 1 - np.sin(inner) - 0.5]), spec)


def circles(spec: dict[str, Any]) -> Examples:
    """Draw a circle of radius 0.5 inside a circle of radius 1."""
    outer, inner = (np.linspace(0, 2 * np.pi, size, endpoint=False) for size in _halves(spec["examples"]))
    x = np.concatenate([np.cos(outer), 0.5 * np.cos(inner)])
    return _shuffled(x, np.concatenate([np.sin(outer), 0.5 * np.sin(inner)]), spec)


def spirals(spec: dict[str, Any]) -> Examples:
    """Draw spiral arms of 1.5 turns and radius 0 to 3, one class per arm."""
    rng, classes = np.random.default_rng(spec["seed"]), spec["classes"]
    y = np.arange(spec["examples"]) % classes
    radius = np.sqrt(rng.uniform(size=len(y)))  # the square root makes the density roughly even along the arm
    angle = 3 * np.pi * radius + 2 * np.pi * y / classes
    return _plane(
        3 * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), y, classes, spec["noise"], rng
    )


def flower(spec: dict[str, Any]) -> Examples:
    """Draw the rose curve ``r = 4 sin 4θ``: class 0 for θ in [0, π), class 1 for θ in [π, 2π)."""
    rng = np.random.default_rng(spec["seed"])
    y = np.arange(spec["examples"]) % 2
    angle = np.pi * (rng.uniform(size=len(y)) + y)
    radius = 4 * np.sin(4 * angle)
    return _plane(radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1), y, 2, spec["noise"], rng)


def xor(spec: dict[str, Any]) -> Examples:
    """Draw four Gaussian clusters at (±1, ±1); class 1 where the signs of the coordinates differ."""
    rng = np.random.default_rng(spec["seed"])
    corner = np.arange(spec["examples"]) % 4
    signs = np.stack([corner // 2, corner % 2], axis=1)
    return _plane(2.0 * signs - 1, signs[:, 0] ^ signs[:, 1], 2, spec["noise"], rng)


def _halves(examples: int) -> tuple[int, int]:
    return examples // 2, examples - examples // 2


def _shuffled(x1: np.ndarray, x2: np.ndarray, spec: dict[str, Any]) -> Examples:
    """Shuffle the points, whose second half is class 1, and add noise exactly as scikit-learn does."""
    rng = np.random.RandomState(spec["seed"])
    order = rng.permutation(len(x1))
    points, y = np.column_stack([x1, x2])[order], (order >= len(x1) // 2).astype(int)
    return _table(points + rng.normal(scale=spec["noise"], size=points.shape), y, 2)


def _plane(points: np.ndarray, y: np.ndarray, classes: int, noise: float, rng: np.random.Generator) -> Examples:
    return _table(points + noise * rng.normal(size=points.shape), y, classes)


def _table(x: np.ndarray, y: np.ndarray, classes: int) -> Examples:
    return Examples("table", x, y, [f"class {index}" for index in range(classes)], ["x1", "x2"])


LOADERS = {load.__name__: load for load in (blobs, moons, circles, spirals, flower, xor)}
