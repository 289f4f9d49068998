"""Backward pass of batch normalization."""

from __future__ import annotations

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data, named
from layerwise.reports.numerical_gradient import central_differences

EPSILON = 1e-3


def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float = EPSILON) -> dict[str, np.ndarray]:
    """Return every node of the computational graph of ``y = gamma (x − mean) / √(variance + epsilon) + beta``.

    ``x`` is ``(n, d)``; ``mean``, ``variance``, ``root``, ``inverse`` are ``(d,)``, ``centred``, ``squared``,
    ``normal`` and ``y`` ``(n, d)``.
    """
    mean = x.mean(axis=0)
    centered = x - mean
    squared = centered**2
    variance = squared.mean(axis=0)
    root = np.sqrt(variance + epsilon)
    inverse = 1 / root
    normal = centered * inverse
    return {
        **{"mean": mean, "centred": centered, "squared": squared, "variance": variance, "root": root},
        **{"inverse": inverse, "normal": normal, "y": gamma * normal + beta},
    }


def backward(dy: np.ndarray, gamma: np.ndarray, nodes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the gradient of the loss at every node of :func:`forward`, by the chain rule, one node at a time."""
    n = len(dy)
    d_normal = dy * gamma
    d_inverse = (d_normal * nodes["centred"]).sum(axis=0)
    d_root = -d_inverse * nodes["inverse"] ** 2
    d_variance = d_root * nodes["inverse"] / 2
    d_squared = np.broadcast_to(d_variance / n, dy.shape)
    d_centered = d_normal * nodes["inverse"] + d_squared * 2 * nodes["centred"]  # used by two nodes
    d_mean = -d_centered.sum(axis=0)
    return {
        **{"d_beta": dy.sum(axis=0), "d_gamma": (dy * nodes["normal"]).sum(axis=0), "d_normal": d_normal},
        **{"d_inverse": d_inverse, "d_root": d_root, "d_variance": d_variance, "d_squared": d_squared},
        **{"d_centred": d_centered, "d_mean": d_mean, "dx": d_centered + d_mean / n},
    }


def closed_form(dy: np.ndarray, gamma: np.ndarray, nodes: dict[str, np.ndarray]) -> np.ndarray:
    r"""Return dx by the closed form.

    .. math:: dx = \frac{\gamma}{n \sqrt{\sigma^2 + \epsilon}} (n\,dy − \sum dy − \hat x \sum dy\,\hat x)
    """
    normal = nodes["normal"]
    return gamma * nodes["inverse"] / len(dy) * (len(dy) * dy - dy.sum(axis=0) - normal * (dy * normal).sum(axis=0))


def run(data: Data, seeds: int = 10, examples: int = 20, units: int = 5, step: float = 1e-5) -> dict:
    """Compute batch normalization of four numbers node by node, and compare four computations of its gradient.

    Returns
    -------
    dict
        ``x``, ``dy`` (4,), ``gamma``, ``beta``, and each node by its name; largest absolute differences on random
        batches (seeds,): ``gap.forward`` (outputs of `nn.BatchNormalization` and graph), ``gap.closed`` (closed form
        and graph), ``gap.layer`` (all three gradients of `nn` and graph), ``gap.differences`` (finite differences and
        graph).
    """
    x, dy = np.array([[1.0], [2.0], [4.0], [5.0]]), np.array([[1.0], [0.0], [-2.0], [0.5]])
    gamma, beta = np.array([2.0]), np.array([1.0])
    nodes = forward(x, gamma, beta)
    single = {"x": x, "dy": dy, "gamma": gamma, "beta": beta, **nodes, **backward(dy, gamma, nodes)}
    single["closed"] = closed_form(dy, gamma, nodes)

    gaps: dict[str, list[float]] = {name: [] for name in ("forward", "closed", "layer", "differences")}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, dy = rng.normal(3, 2, (examples, units)), rng.normal(size=(examples, units))
        gamma, beta = rng.normal(size=units), rng.normal(size=units)
        nodes = forward(x, gamma, beta)
        gradients = backward(dy, gamma, nodes)
        layer = nn.BatchNormalization(epsilon=EPSILON, dtype="float64")
        layer.build((None, units))
        layer.params["gamma"][...], layer.params["beta"][...] = gamma, beta
        gaps["forward"].append(_largest_difference(layer.forward(x, training=True), nodes["y"]))
        pairs = [(layer.backward(dy), gradients["dx"])]
        pairs += [(layer.grads[name], gradients[f"d_{name}"]) for name in ("gamma", "beta")]
        gaps["layer"].append(max(_largest_difference(by_layer, by_graph) for by_layer, by_graph in pairs))
        gaps["closed"].append(_largest_difference(closed_form(dy, gamma, nodes), gradients["dx"]))
        measured = central_differences(x, lambda: float((forward(x, gamma, beta)["y"] * dy).sum()), step)  # noqa: B023
        gaps["differences"].append(_largest_difference(measured, gradients["dx"]))
    return {**{name: array.reshape(-1) for name, array in single.items()}, **named("gap", gaps, gaps.values())}


def _largest_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest absolute difference between two arrays."""
    return float(np.abs(first - second).max())
