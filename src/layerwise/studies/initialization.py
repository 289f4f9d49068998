"""Where training starts: symmetry, the spread of signals through the layers, gradients that vanish, slow losses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.estimators.descent import gradient_descent
from layerwise.estimators.logistic_regression import sigmoid
from layerwise.estimators.two_layer_network import initial_parameters, two_layer_loss_and_gradient
from layerwise.studies import networks
from layerwise.studies.inputs import Data, named, only

ACTIVATIONS = ("sigmoid", "tanh", "relu")


def symmetry(
    data: Data,
    initializations: Sequence[str | float] = ("zeros", "small", "glorot", "he", "large"),
    units: int = 10,
    seeds: int = 10,
    epochs: int = 600,
    every: int = 10,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Train the same network from different first weights.

    Returns
    -------
    dict
        ``epoch`` (t,), ``loss.<initialisation>`` (seeds, t) of training, ``accuracy.…`` (seeds,) on validation at the
        end, ``distinct.…`` (seeds,): hidden units that are not a copy of another.
    """
    splits = only(data)
    (x, y), (xv, yv) = splits["train"], splits["validation"]
    x, xv = x.astype(np.float32), xv.astype(np.float32)
    t = networks.targets(y, int(y.max()) + 1)
    at = np.arange(0, epochs + 1, every)
    result: dict[str, np.ndarray] = {"epoch": at}
    for name in initializations:
        first = networks.start([x.shape[1], units, t.shape[-1]], name, range(seeds))
        losses = []
        for epoch, parameters in networks.train(first, x, t, learning_rate=learning_rate):
            if epoch % every == 0:
                losses.append(networks.cross_entropy(networks.activations(parameters, x)[-1], t))
            if epoch == epochs:
                break
        incoming = np.concatenate(parameters[:2], axis=1)
        result |= {
            f"loss.{name}": np.stack(losses, axis=1),
            f"accuracy.{name}": networks.accuracy(networks.probabilities(parameters, xv), yv),
            f"distinct.{name}": np.array([_distinct(weights) for weights in incoming]),
        }
    return result


def _distinct(weights: np.ndarray, apart: float = 1e-4) -> int:
    """Return how many columns are further than rounding from every column before them."""
    copies = np.abs(weights[:, :, np.newaxis] - weights[:, np.newaxis, :]).max(axis=0) < apart
    return int(np.sum(~np.triu(copies, 1).any(axis=0)))


def spread(
    data: Data,
    initializations: Sequence[str | float] = ("small", "glorot", "he", "large"),
    activations: Sequence[str] = ACTIVATIONS,
    depth: int = 6,
    width: int = 100,
    seeds: int = 10,
) -> dict[str, np.ndarray]:
    """Send the data once through an untrained deep network and the error back.

    Returns
    -------
    dict
        ``signal.<activation>.<initialisation>`` (seeds, depth): standard deviation of each hidden layer's units;
        ``gradient.…`` (seeds, depth + 1): root mean square of the loss's gradient at each layer's weights.
    """
    x, y = only(data)["train"]
    x = _standardised(x)
    t = networks.targets(y, int(y.max()) + 1)
    result = {}
    for activation in activations:
        for name in initializations:
            sizes = [x.shape[1], *[width] * depth, t.shape[-1]]
            parameters = networks.start(sizes, name, range(seeds))
            layers = networks.activations(parameters, x, activation)
            dz = (networks.output(layers[-1]) - t) / np.float32(len(x))
            gradient, _ = networks.gradients(parameters, layers, dz, activation)
            key = f"{activation}.{name}"
            result[f"signal.{key}"] = np.stack([layer.std(axis=(1, 2)) for layer in layers[1:-1]], axis=1)
            result[f"gradient.{key}"] = np.stack([_size(part) for part in gradient[::2]], axis=1)
    return result


def _standardised(x: np.ndarray) -> np.ndarray:
    return ((x - x.mean()) / x.std()).astype(np.float32)


def _size(array: np.ndarray) -> np.ndarray:
    return np.sqrt((array**2).mean(axis=(1, 2)))


def vanishing(
    data: Data,
    depths: Sequence[int] = (1, 2, 3, 4, 5, 6),
    activations: Sequence[str] = ACTIVATIONS,
    width: int = 32,
    seeds: int = 10,
    examples: int = 300,
    epochs: int = 200,
    learning_rate: float = 0.05,
) -> dict[str, np.ndarray]:
    """Deepen the network: how much gradient arrives at its first layer, and what training makes of it.

    Sigmoid and tanh start from Glorot's weights, ReLU from He's, as their authors advise.

    Returns
    -------
    dict
        ``depths``; ``ratio.<activation>.<depth>`` (seeds,): size of the gradient at the first hidden layer's
        pre-activations over that at the last's; ``loss.<activation>.<depth>`` (seeds,): training loss after so many
        epochs.
    """
    x, y = only(data)["train"]
    x, t = _standardised(x)[:examples], networks.targets(y, int(y.max()) + 1)[:examples]
    result: dict[str, np.ndarray] = {"depths": np.array(depths)}
    for activation in activations:
        for depth in depths:
            sizes = [x.shape[1], *[width] * depth, t.shape[-1]]
            parameters = networks.start(sizes, "he" if activation == "relu" else "glorot", range(seeds))
            layers = networks.activations(parameters, x, activation)
            dz = (networks.output(layers[-1]) - t) / np.float32(len(x))
            _, deltas = networks.gradients(parameters, layers, dz, activation)
            result[f"ratio.{activation}.{depth}"] = _size(deltas[0]) / _size(deltas[-2])
            settings = {"activation": activation, "learning_rate": learning_rate}
            parameters = networks.trained(parameters, x, t, epochs, **settings)
            scores = networks.activations(parameters, x, activation)[-1]
            result[f"loss.{activation}.{depth}"] = networks.cross_entropy(scores, t)
    return result


LOSSES = ("cross_entropy", "squared_error")


def slowdown(
    data: Data,
    neuron_epochs: int = 300,
    neuron_rate: float = 0.15,
    units: int = 30,
    scale: float = 5.0,
    epochs: int = 300,
    learning_rate: float = 0.3,
    seeds: int = 10,
) -> dict[str, np.ndarray]:
    """Start confident and wrong, and learn by squared error or by cross-entropy (Nielsen 2015, chapter 3).

    One sigmoid neuron shall map 1 to 0: from weight and bias (0.6, 0.9) its output is 0.82, from (2, 2) it is 0.98.
    Then a whole network, with large first output weights.

    Returns
    -------
    dict
        ``neuron.<loss>.<mild|wrong>`` (epochs + 1,): the neuron's output; ``accuracy.<loss>`` (seeds, epochs + 1):
        validation accuracy of the network; ``early.<loss>`` (seeds,): after a tenth of the epochs.
    """
    splits = only(data)
    (x, y), (xv, yv) = splits["train"], splits["validation"]
    classes = int(y.max()) + 1
    t = networks.targets(y, classes).astype(float)
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
