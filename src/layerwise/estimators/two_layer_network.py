r"""Assignment 2: a network with one hidden layer, with backpropagation written out by hand.

The output layer is logistic regression on the hidden units a instead of the d features:

.. math:: z_1 = x W_1 + b_1, \quad a = g(z_1), \qquad z_2 = a W_2 + b_2, \quad p = σ(z_2)

W₁ is (d, h), W₂ is (h, k); g is tanh, the sigmoid or ReLU; σ is the sigmoid for two classes (k = 1) and the softmax
for more. The loss of an example is the cross-entropy of p with the targets y, or half the squared error.
Backpropagation applies the chain rule from the loss back to each parameter, each line using the previous one
(Rumelhart, Hinton & Williams 1986). For a batch of n rows, with ⊙ the elementwise product:

.. math::

    δ_2 &= \frac{∂J}{∂z_2} = \frac1n (P − Y)
        &&\text{for cross-entropy; for the squared error, also times the derivative of } σ \\
    \frac{∂J}{∂W_2} &= A^T δ_2 + λ W_2, \qquad \frac{∂J}{∂b_2} = \textstyle\sum_i δ_{2,i} \\
    δ_1 &= \frac{∂J}{∂z_1} = δ_2 W_2^T ⊙ g'(Z_1) \\
    \frac{∂J}{∂W_1} &= X^T δ_1 + λ W_1, \qquad \frac{∂J}{∂b_1} = \textstyle\sum_i δ_{1,i}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from layerwise.estimators.logistic_regression import sigmoid, sigmoid_cross_entropy, softmax, softmax_cross_entropy

ACTIVATIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "sigmoid": (sigmoid, lambda a: a * (1 - a)),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(a.dtype)),
}
"""Each activation a = g(z) and its derivative g'(z), written in terms of a."""

INITIALIZATIONS: dict[str, Callable[[int, int], float]] = {
    "zeros": lambda fan_in, fan_out: 0.0,
    "glorot": lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5,
    "he": lambda fan_in, fan_out: (2 / fan_in) ** 0.5,
}
"""Standard deviation of the initial weights of a layer (Glorot & Bengio 2010; He et al. 2015)."""


def sigmoid_squared_error(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``½ Σ (p − y)²`` of each row and its gradient with respect to the scores, ``(p − y) p (1 − p)``.

    If the network is confident and wrong, p (1 − p) is near 0 and learning almost stops; cross-entropy does not have
    this factor (Nielsen 2015, *Neural networks and deep learning*, chapter 3).
    """
    p = sigmoid(z)
    return ((p - y) ** 2).sum(axis=1) / 2, (p - y) * p * (1 - p)


def softmax_squared_error(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute ``½ Σ (p − y)²`` of each row and its gradient with respect to the scores.

    The gradient is ``p ⊙ (e − Σ e p)`` with ``e = p − y``.
    """
    p = softmax(z)
    e = p - y
    return (e**2).sum(axis=1) / 2, p * (e - (e * p).sum(axis=1, keepdims=True))


OUTPUT_LOSSES = {
    ("cross_entropy", "sigmoid"): sigmoid_cross_entropy,
    ("cross_entropy", "softmax"): softmax_cross_entropy,
    ("squared_error", "sigmoid"): sigmoid_squared_error,
    ("squared_error", "softmax"): softmax_squared_error,
}
"""Functions that return the loss of each row and its gradient with respect to the scores z₂, by loss and output."""


def initial_parameters(
    sizes: Sequence[int], initialization: str | float, random_state: np.random.RandomState
) -> list[np.ndarray]:
    """Draw normal weights with mean 0 for each layer, with zero biases.

    Parameters
    ----------
    sizes : sequence of int
        Number of features, hidden units and outputs.
    initialization : {"zeros", "glorot", "he"} or float
        Standard deviation: 0, √(2/(inputs + outputs)) or √(2/inputs) of the layer, or the given number.
    random_state : RandomState

    Returns
    -------
    list of ndarray
        W₁, b₁, W₂, b₂.
    """
    parameters = []
    for fan_in, fan_out in pairwise(sizes):
        scale = INITIALIZATIONS[initialization](fan_in, fan_out) if isinstance(initialization, str) else initialization
        parameters += [scale * random_state.standard_normal((fan_in, fan_out)), np.zeros(fan_out)]
    return parameters


def forward(parameters: Sequence[np.ndarray], x: np.ndarray, activation: str = "tanh") -> tuple[np.ndarray, np.ndarray]:
    """Compute the hidden units and the scores.

    Parameters
    ----------
    parameters : sequence of ndarray
        W₁, b₁, W₂, b₂.
    x : ndarray of shape (n_samples, n_features)
    activation : {"tanh", "sigmoid", "relu"}, default="tanh"

    Returns
    -------
    hidden : ndarray of shape (n_samples, hidden_units)
        a.
    z : ndarray of shape (n_samples, n_outputs)
        z₂, the scores.
    """
    w1, b1, w2, b2 = parameters
    g, _ = ACTIVATIONS[activation]
    hidden = g(x @ w1 + b1)
    return hidden, hidden @ w2 + b2


def two_layer_loss_and_gradient(
    parameters: Sequence[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    *,
    activation: str = "tanh",
    loss: str = "cross_entropy",
    output: str = "sigmoid",
    l2: float = 0.0,
    sample_weight: np.ndarray | None = None,
) -> tuple[float, list[np.ndarray]]:
    """Compute J and its gradient by backpropagation, as derived at the top of this module.

    Parameters
    ----------
    parameters : sequence of ndarray
        W₁ (n_features, hidden_units), b₁ (hidden_units,), W₂ (hidden_units, n_outputs), b₂ (n_outputs,).
    x : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples, n_outputs)
        Targets, 0 or 1.
    activation : {"tanh", "sigmoid", "relu"}, default="tanh"
    loss : {"cross_entropy", "squared_error"}, default="cross_entropy"
    output : {"sigmoid", "softmax"}, default="sigmoid"
    l2 : float, default=0
        Strength λ of the penalty ``λ/2 (‖W₁‖² + ‖W₂‖²)``.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weight of each example's loss.

    Returns
    -------
    loss : float
    gradient : list of ndarray
        Gradient with respect to each parameter, in the same order and shapes.
    """
    w1, _, w2, _ = parameters
    _, derivative = ACTIVATIONS[activation]

    a, z2 = forward(parameters, x, activation)
    losses, delta2 = OUTPUT_LOSSES[loss, output](z2, y)
    if sample_weight is not None:
        losses, delta2 = losses * sample_weight, delta2 * sample_weight[:, np.newaxis]
    total = losses.mean() + l2 / 2 * ((w1**2).sum() + (w2**2).sum())

    delta2 = delta2 / len(x)
    delta1 = (delta2 @ w2.T) * derivative(a)
    gradient = [
        x.T @ delta1 + l2 * w1,
        delta1.sum(axis=0),
        a.T @ delta2 + l2 * w2,
        delta2.sum(axis=0),
    ]
    return float(total), gradient
