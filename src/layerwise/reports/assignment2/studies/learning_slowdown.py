"""Cross-entropy vs squared error: the learning slowdown."""

from __future__ import annotations

import numpy as np

from layerwise.estimators.descent import gradient_descent
from layerwise.estimators.logistic_regression import sigmoid
from layerwise.estimators.two_layer_network import initial_parameters, two_layer_loss_and_gradient
from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.inputs import Data, named, only

LOSSES = ("cross_entropy", "squared_error")


def run(
    data: Data,
    neuron_epochs: int = 300,
    neuron_rate: float = 0.15,
    units: int = 30,
    scale: float = 5.0,
    epochs: int = 300,
    learning_rate: float = 0.3,
    seeds: int = 10,
) -> dict[str, np.ndarray]:
    """Train a neuron and a network that start confident and wrong, with both losses (Nielsen 2015, chapter 3).

    The sigmoid neuron has to map 1 to 0; its initial output is 0.82 with weight and bias (0.6, 0.9), and 0.98 with
    (2, 2). The network starts with large output weights.

    Returns
    -------
    dict
        ``neuron.<loss>.<mild|wrong>`` (neuron_epochs + 1,), the output of the neuron; ``accuracy.<loss>`` (seeds,
        epochs + 1), the validation accuracy of the network; ``early.<loss>`` (seeds,), that after a tenth of the
        epochs.
    """
    splits = only(data)
    (x, y), (xv, yv) = splits["train"], splits["validation"]
    classes = int(y.max()) + 1
    t = batched_networks.targets(y, classes).astype(float)
    kind = "sigmoid" if classes == 2 else "softmax"
    result: dict[str, np.ndarray] = {}
    for loss in LOSSES:
        for name, (w, b) in {"mild": (0.6, 0.9), "wrong": (2.0, 2.0)}.items():
            outputs = []
            for _ in range(neuron_epochs + 1):
                p = float(sigmoid(np.array(w + b)))
                outputs.append(p)
                slope = p if loss == "cross_entropy" else p * p * (1 - p)
                w, b = w - neuron_rate * slope, b - neuron_rate * slope
            result[f"neuron.{loss}.{name}"] = np.array(outputs)
        curves = []
        for seed in range(seeds):
            start = initial_parameters([x.shape[1], units, t.shape[1]], "glorot", np.random.RandomState(seed))
            start[2] = scale * start[2]
            curve = []
            for step in gradient_descent(
                lambda parameters, rows: two_layer_loss_and_gradient(
                    parameters,
                    x[rows],
                    t[rows],
                    loss=loss,  # noqa: B023
                    output=kind,
                ),
                start,
                len(x),
                learning_rate=learning_rate,
            ):
                w1, b1, w2, b2 = step.parameters
                z = np.tanh(xv @ w1 + b1) @ w2 + b2
                predicted = z.argmax(axis=1) if classes > 2 else z[:, 0] > 0
                curve.append(float(np.mean(predicted == yv)))
                if step.epoch == epochs:
                    break
            curves.append(curve)
        result[f"accuracy.{loss}"] = np.array(curves)
    early = [result[f"accuracy.{loss}"][:, epochs // 10] for loss in LOSSES]
    return {**result, **named("early", LOSSES, early)}
