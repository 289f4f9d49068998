"""Automatic differentiation: a computational graph, and the gradients of a small MLP."""

from __future__ import annotations

import numpy as np

from layerwise import nn
from layerwise.autograd import Value, cross_entropy, dense, topological_order
from layerwise.reports.inputs import Data, only

NODES = ("w₁", "x₁", "w₂", "x₂", "b", "w₁x₁", "w₂x₂", "w₁x₁ + w₂x₂", "z", "h = tanh z", "−y", "d = h − y", "L = d · d")


def run(data: Data, hidden: int = 5, examples: int = 8, seeds: int = 10) -> dict[str, np.ndarray]:
    """Backpropagate through the graph of one neuron, and through small MLPs in comparison with the framework.

    Parameters
    ----------
    data : mapping
        One dataset of few features.
    hidden, examples, seeds : int
        Hidden units, examples per batch, and number of networks and batches.

    Returns
    -------
    dict
        For the graph, in the order of `NODES`: ``value``, ``gradient``, ``column`` (nodes,), the depth of each node;
        ``edges`` (edges, 2), operand and result. ``loss_gap``, ``gradient_gap`` (seeds,), the largest differences
        between this module and :mod:`layerwise.nn` in float64 over all weights; ``nodes`` (1,), the number of values in
        the graph of such a network.
    """
    nodes = neuron()
    index = {node: i for i, node in enumerate(nodes)}
    column = np.zeros(len(nodes), int)
    for i, node in enumerate(nodes):  # operands come before results
        column[i] = max((column[index[parent]] + 1 for parent in node.parents), default=0)
    result = {
        "value": np.array([node.data for node in nodes]),
        "gradient": np.array([node.grad for node in nodes]),
        "column": column,
        "edges": np.array([(index[parent], i) for i, node in enumerate(nodes) for parent in node.parents]),
    }
    x, y = only(data)["train"]
    gaps, size = [], 0
    for seed in range(seeds):
        rows = np.random.default_rng(seed).choice(len(y), examples, replace=False)
        model = nn.Sequential(
            [nn.Input(x.shape[1:]), nn.Dense(hidden, "tanh"), nn.Dense(hidden, "relu"), nn.Dense(int(y.max()) + 1)],
            seed=seed,
            dtype="float64",
        )
        model.compile("sgd", nn.SparseCategoricalCrossentropy(from_logits=True))
        expected, _ = model.step.loss_and_gradients(x[rows], y[rows])
        loss, weights = mlp_loss(model.get_weights(), x[rows], y[rows])
        loss.backward()
        size = len(topological_order(loss))
        gradient = np.array([w.grad for w in weights])
        gaps.append((abs(loss.data - expected), np.abs(gradient - model.grads).max()))
    result["loss_gap"], result["gradient_gap"] = np.array(gaps).T
    return {**result, "nodes": np.array([size])}


def neuron() -> list[Value]:
    """Return the values of a tanh neuron's squared error in the order of `NODES`, after the backward pass."""
    w1, x1, w2, x2, b = (Value(v) for v in (0.8, 1.0, -0.4, 1.5, 0.3))
    target = Value(-1.0)  # −y of the label y = 1
    first, second = w1 * x1, w2 * x2
    total = first + second
    z = total + b
    h = z.tanh()
    d = h + target
    loss = d * d
    loss.backward()
    return [w1, x1, w2, x2, b, first, second, total, z, h, target, d, loss]


def mlp_loss(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> tuple[Value, list[Value]]:
    """Return the mean cross-entropy of an MLP with a tanh and a ReLU layer, and its weights in the order of ``nn``."""
    parameters = [np.vectorize(Value, otypes=[object])(w) for w in weights]
    w1, b1, w2, b2, w3, b3 = parameters
    losses = []
    for example, label in zip(x, y):
        h1 = [z.tanh() for z in dense([Value(v) for v in example], w1, b1)]
        h2 = [z.relu() for z in dense(h1, w2, b2)]
        losses.append(cross_entropy(dense(h2, w3, b3), int(label)))
    return sum(losses, Value(0.0)) / len(losses), [value for array in parameters for value in array.ravel()]
