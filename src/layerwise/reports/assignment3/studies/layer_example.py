"""Forward and backward pass of a layer: a worked example."""

from __future__ import annotations

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data


def run(data: Data) -> dict[str, np.ndarray]:
    """Compute the forward and backward pass of a Dense layer with ReLU, and of softmax with cross-entropy, by hand.

    Returns
    -------
    dict
        For the layer: ``x`` (2, 3), ``w`` (3, 2), ``b`` (2,), ``z``, ``y``, ``dy``, ``dz`` (2, 2), ``dw``, ``db``,
        ``dx`` as in the equations, and ``layer_gap`` (1,), the largest difference from the results of ``nn.Dense``.
        For softmax: ``scores``, ``p`` (3,); ``error`` (3,), p − y for the class ``target``; ``loss``; ``measured``
        (3,), finite differences of the loss; and ``softmax_gap`` (1,), the largest difference between the two.
        ``at`` (n,), with ``value.<activation>`` and ``slope.<activation>`` (n,); and ``steepest`` (3,), the largest
        slopes of sigmoid, tanh and ReLU.
    """
    x = np.array([[1.0, 2.0, -1.0], [0.0, 1.0, 1.0]])
    w, b = np.array([[0.5, -1.0], [0.2, 0.4], [-0.3, 0.6]]), np.array([0.2, -0.2])
    dy = np.array([[1.0, -0.5], [0.4, 2.0]])
    z = x @ w + b
    y = np.maximum(z, 0)
    dz = np.where(z > 0, dy, 0)
    by_hand = {"dw": x.T @ dz, "db": dz.sum(axis=0), "dx": dz @ w.T}
    layer = nn.Dense(2, "relu", dtype="float64")
    layer.build((None, 3))
    layer.set_weights([w, b])
    computed = {"y": layer.forward(x), "dx": layer.backward(dy), "dw": layer.grads["kernel"], "db": layer.grads["bias"]}
    gap = max(np.abs(computed[name] - value).max() for name, value in {"y": y, **by_hand}.items())

    scores, target, step = np.array([2.0, 1.0, -1.0]), 1, 1e-6
    loss = nn.SparseCategoricalCrossentropy(from_logits=True)
    p = np.exp(scores) / np.exp(scores).sum()
    error = p - np.eye(3)[target]
    moves = step * np.eye(3)
    measured = np.array([loss([target], [scores + m]) - loss([target], [scores - m]) for m in moves]) / (2 * step)

    at = np.linspace(-5, 5, 201)
    result = {"x": x, "w": w, "b": b, "z": z, "y": y, "dy": dy, "dz": dz, **by_hand, "layer_gap": np.array([gap])}
    result |= {"scores": scores, "target": np.array(target), "p": p, "loss": np.array(-np.log(p[target]))}
    result |= {"error": error, "measured": measured, "softmax_gap": np.array([np.abs(error - measured).max()])}
    result["at"] = at
    for name in ("sigmoid", "tanh", "relu"):
        function = nn.activations.get(name)
        values = function.forward(at.copy())
        result |= {f"value.{name}": values, f"slope.{name}": function.backward(np.ones_like(at), at, values)}
    result["steepest"] = np.array([result[f"slope.{name}"].max() for name in ("sigmoid", "tanh", "relu")])
    return result
