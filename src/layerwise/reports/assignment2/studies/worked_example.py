"""Backpropagation: a worked example."""

from __future__ import annotations

import numpy as np

from layerwise.estimators.logistic_regression import sigmoid
from layerwise.estimators.two_layer_network import two_layer_loss_and_gradient
from layerwise.reports.assignment2.shared import numerical_gradient
from layerwise.reports.inputs import Data


def run(data: Data, learning_rate: float = 0.5) -> dict[str, np.ndarray]:
    """Compute the forward pass, backward pass and one gradient step of a network with two tanh units, by hand.

    Returns
    -------
    dict
        The quantities of the equations by name: ``x``, ``y``, ``w1``, ``b1``, ``w2``, ``b2``, ``z1``, ``a``, ``z2``,
        ``p``, ``loss``, ``delta2``, ``dw2``, ``db2``, ``back`` (δ₂ w₂), ``slope`` (1 − a²), ``delta1``, ``dw1``,
        ``db1``, ``learning_rate``, and ``new_loss`` after the step; ``checked`` and ``gradient`` (9,), the finite
        differences and the backpropagated gradient of all parameters, and ``gap`` (1,), the largest difference.
    """
    x, y = np.array([1.0, 2.0]), 1.0
    w1, b1 = np.array([[0.5, -0.4], [0.3, 0.1]]), np.array([-0.1, 0.1])
    w2, b2 = np.array([0.8, -0.6]), 0.2

    z1 = x @ w1 + b1
    a = np.tanh(z1)
    z2 = a @ w2 + b2
    p = float(sigmoid(z2))
    loss = -np.log(p)
    delta2 = p - y
    dw2, db2 = a * delta2, delta2
    back, slope = delta2 * w2, 1 - a**2
    delta1 = back * slope
    dw1, db1 = np.outer(x, delta1), delta1

    parameters = [w1, b1, w2[:, None], np.array([b2])]
    gradient = [dw1, db1, dw2[:, None], np.array([db2])]
    batch = x[None], np.array([[y]])
    updated = [parameter - learning_rate * derivative for parameter, derivative in zip(parameters, gradient)]
    new_loss, _ = two_layer_loss_and_gradient(updated, *batch)
    checked = numerical_gradient(parameters, *batch, step=1e-6, output="sigmoid")
    flat = np.concatenate([part.ravel() for part in gradient])
    return {
        **{"x": x, "y": np.array(y), "w1": w1, "b1": b1, "w2": w2, "b2": np.array(b2)},
        **{"z1": z1, "a": a, "z2": np.array(z2), "p": np.array(p), "loss": np.array(loss)},
        **{"delta2": np.array(delta2), "dw2": dw2, "db2": np.array(db2), "back": back, "slope": slope},
        **{"delta1": delta1, "dw1": dw1, "db1": db1, "new_loss": np.array(new_loss)},
        **{"checked": checked, "gradient": flat, "gap": np.array([np.abs(checked - flat).max()])},
        "learning_rate": np.array(learning_rate),
    }
