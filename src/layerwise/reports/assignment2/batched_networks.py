"""Many small networks trained in parallel: the first axis of every array is the network.

The arithmetic is that of :class:`layerwise.estimators.TwoLayerNetwork`, for any number of layers, in float32. A step of
a hundred networks takes little longer than a step of one, because NumPy's call overhead occurs only once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import Any

import numpy as np

from layerwise.estimators import two_layer_network
from layerwise.estimators.two_layer_network import INITIALIZATIONS
from layerwise.nn.kernels.products import row_maxima

Parameters = list[np.ndarray]

#: Number of activations of a layer, over all examples and networks, that fit into the processor's cache.
CACHED = 2**16


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return ``1 / (1 + exp(−z))``, computed by tanh, for which NumPy has vectorized code."""
    return (1 + np.tanh(z / 2)) / 2


ACTIVATIONS = {**two_layer_network.ACTIVATIONS, "sigmoid": (sigmoid, lambda a: a * (1 - a))}


def start(sizes: Sequence[int], initialization: str | float, seeds: Sequence[int]) -> Parameters:
    """Draw the initial weights of one network per seed.

    Parameters
    ----------
    sizes : sequence of int
        Number of features, of hidden units in each layer, and of outputs.
    initialization : str or float
        As in :func:`layerwise.estimators.two_layer_network.initial_parameters`; "small" is 0.01, "large" 10 times He.
    seeds : sequence of int

    Returns
    -------
    list of ndarray
        W₁ (networks, features, units), b₁ (networks, 1, units), W₂, b₂, …
    """
    generators = [np.random.RandomState(seed) for seed in seeds]
    parameters = []
    for fan_in, fan_out in pairwise(sizes):
        scale = _scale(initialization, fan_in, fan_out)
        weights = np.stack([scale * rng.standard_normal((fan_in, fan_out)) for rng in generators])
        parameters += [weights.astype(np.float32), np.zeros((len(generators), 1, fan_out), np.float32)]
    return parameters


def _scale(initialization: str | float, fan_in: int, fan_out: int) -> float:
    if not isinstance(initialization, str):
        return initialization
    if initialization in INITIALIZATIONS:
        return INITIALIZATIONS[initialization](fan_in, fan_out)
    return {"small": 0.01, "large": 10 * (2 / fan_in) ** 0.5}[initialization]


def activations(parameters: Parameters, x: np.ndarray, activation: str = "tanh") -> list[np.ndarray]:
    """Return the inputs, the activations of each hidden layer, and the scores ``(networks, n, outputs)``."""
    g, _ = ACTIVATIONS[activation]
    layers = [x]
    for i in range(0, len(parameters), 2):
        z = layers[-1] @ parameters[i]
        z += parameters[i + 1]
        layers.append(g(z) if i + 2 < len(parameters) else z)
    return layers


def probabilities(parameters: Parameters, x: np.ndarray, activation: str = "tanh") -> np.ndarray:
    """Return the probability of class 1 ``(networks, n)``, or with more classes of each ``(networks, n, classes)``."""
    p = output(activations(parameters, x, activation)[-1])
    return p[..., 0] if p.shape[-1] == 1 else p


def output(z: np.ndarray) -> np.ndarray:
    """Return the sigmoid of a single score, or the softmax of several."""
    if z.shape[-1] == 1:
        return sigmoid(z)
    e = np.exp(z - row_maxima(z))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean cross-entropy of each network ``(networks,)``; scores and targets ``(networks, n, outputs)``."""
    if z.shape[-1] == 1:
        losses = np.logaddexp(np.float32(0), z) - y * z
    else:
        top = row_maxima(z)
        losses = top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True)) - (y * z).sum(axis=-1, keepdims=True)
    return losses[..., 0].mean(axis=-1)


def gradients(
    parameters: Parameters, layers: list[np.ndarray], dz: np.ndarray, activation: str, l2: float = 0.0
) -> tuple[Parameters, list[np.ndarray]]:
    """Backpropagate the gradient at the scores through the layers.

    Returns
    -------
    gradient : list of ndarray
        Gradient of each parameter.
    deltas : list of ndarray
        Gradient at the pre-activations of each layer, from the first layer to the last.
    """
    _, derivative = ACTIVATIONS[activation]
    gradient: Parameters = []
    deltas = [dz]
    for i in range(len(parameters) - 2, -1, -2):
        a, weights = layers[i // 2], parameters[i]
        dw = np.swapaxes(a, -1, -2) @ deltas[0]
        gradient = [dw + l2 * weights if l2 else dw, deltas[0].sum(axis=-2, keepdims=True), *gradient]
        if i:
            da = times_transposed(deltas[0], weights)
            da *= derivative(a)
            deltas = [da, *deltas]
    return gradient, deltas


def times_transposed(dz: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ``dz weightsᵀ`` of each network; with one output it is an outer product, for which matmul is slow."""
    transposed = np.swapaxes(weights, -1, -2)
    return dz * transposed if weights.shape[-1] == 1 else dz @ transposed


def train(
    parameters: Parameters,
    x: np.ndarray,
    y: np.ndarray,
    *,
    activation: str = "tanh",
    learning_rate: float = 0.3,
    momentum: float = 0.9,
    l2: float = 0.0,
    batch_size: int | None = None,
) -> Iterator[tuple[int, Parameters]]:
    """Train all networks by gradient descent on the cross-entropy, yielding after each epoch, without end.

    The steps are those of :func:`layerwise.estimators.descent.gradient_descent`, without computing the loss. Within a
    step, wide networks are processed in groups whose activations fit into the cache.

    Parameters
    ----------
    parameters : list of ndarray
        Initial parameters, from :func:`start`.
    x : ndarray, shape (n, features) or (networks, n, features)
        Examples, shared by all networks or separate for each.
    y : ndarray, shape (n, outputs) or (networks, n, outputs)
        Targets, 0 or 1: see :func:`targets`.
    batch_size : int, optional
        Examples in a step, in an order drawn anew for each epoch, the same for all networks; all of them by default.

    Yields
    ------
    epoch : int
        Epochs completed; 0 at the start.
    parameters : list of ndarray
        Current parameters, which later steps do not modify.
    """
    n = x.shape[-2]
    size = max(1, CACHED // ((batch_size or n) * max(weights.shape[-1] for weights in parameters)))
    groups = [slice(first, first + size) for first in range(0, len(parameters[0]), size)]
    velocities = [np.zeros_like(parameter) for parameter in parameters]
    rng = np.random.default_rng(0)

    def gradient_of(group: slice, x: np.ndarray, y: np.ndarray) -> Parameters:
        members = [parameter[group] for parameter in parameters]
        xs, ys = (array[group] if array.ndim == 3 else array for array in (x, y))
        layers = activations(members, xs, activation)
        return gradients(members, layers, (output(layers[-1]) - ys) / np.float32(xs.shape[-2]), activation, l2)[0]

    for epoch in count():
        yield epoch, parameters
        for rows in _batches(n, batch_size, rng):
            batch = x[..., rows, :], y[..., rows, :]
            gradient = [np.concatenate(parts) for parts in zip(*(gradient_of(group, *batch) for group in groups))]
            updated = [p + momentum * v - learning_rate * g for p, v, g in zip(parameters, velocities, gradient)]
            velocities = [new - old for new, old in zip(updated, parameters)]
            parameters = updated


def _batches(n: int, size: int | None, rng: np.random.Generator) -> list[Any]:
    """Return the indices of the examples of each step of an epoch."""
    if size is None:
        return [slice(None)]
    order = rng.permutation(n)
    return [order[first : first + size] for first in range(0, n, size)]


def trained(parameters: Parameters, x: np.ndarray, y: np.ndarray, epochs: int, **settings) -> Parameters:
    """Return the parameters after ``epochs`` epochs of :func:`train`."""
    return next(current for epoch, current in train(parameters, x, y, **settings) if epoch == epochs)


def targets(y: np.ndarray, classes: int) -> np.ndarray:
    """Return classes ``(…, n)`` as 0/1 targets ``(…, n, outputs)``: one output for two classes, else one per class."""
    columns = [1] if classes == 2 else np.arange(classes)
    return np.equal.outer(y, columns).astype(np.float32)


def accuracy(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the accuracy of each network ``(networks,)``, from probabilities and classes."""
    predicted = p > 0.5 if p.ndim == 2 else p.argmax(axis=-1)
    return np.mean(predicted == y, axis=-1)
