"""Sanity checks during training: input-independent baseline, prediction dynamics, and leakage between examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.nn.layers.base import Layer
from layerwise.reports.assignment3.shared import network
from layerwise.reports.inputs import Data, only
from layerwise.reports.training_kit import Steps, classifier, fit


def run(
    data: Data,
    hidden: int = 64,
    epochs: int = 10,
    rates: Sequence[float] = (0.05, 0.5, 2.0),
    watched: int = 100,
    batch: int = 12,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Apply three checks of Karpathy (2019), *A recipe for training neural networks*.

    Parameters
    ----------
    data : mapping
        One dataset.
    hidden, epochs, seeds : int
        Hidden units, epochs of training, and number of networks.
    rates : sequence of float
        Learning rates at which to watch the predictions.
    watched : int
        Number of validation examples whose predictions are watched.
    batch : int
        Number of examples in the batch that is tested for leakage.

    Returns
    -------
    dict
        ``loss.inputs``, ``loss.zeros`` (seeds, epochs), the training losses with the true inputs and with zeros in
        their place; ``prior`` (1,), the cross-entropy of predicting the class frequencies. ``step`` (steps,) and
        ``changed.<rate>`` (seeds, steps), the share of the watched predictions that differ from those after the
        previous step. ``leak.<network>`` (batch, batch), the norm of the gradient of the outputs of example i with
        respect to the inputs of example j, for a ``correct`` network, one with batch normalization in training
        (``normalized``), and one with a wrong ``reshape``.
    """
    splits = only(data, np.float32)
    (x, y), (xv, _) = splits["train"], splits["validation"]
    frequencies = np.bincount(y) / len(y)
    result = {"prior": np.array([-(frequencies * np.log(frequencies)).sum()])}
    losses: dict[str, list[np.ndarray]] = {"inputs": [], "zeros": []}
    changed: dict[float, list[np.ndarray]] = {rate: [] for rate in rates}
    for seed in range(seeds):
        for kind, inputs in (("inputs", x), ("zeros", np.zeros_like(x))):
            losses[kind].append(fit(network(x, y, [hidden], seed, nn.Adam(0.003)), (inputs, y), epochs)["loss"])
        for rate in rates:
            watch = Steps(1, lambda model: model.predict(xv[:watched], verbose=0).argmax(axis=1))
            fit(network(x, y, [hidden], seed, nn.SGD(rate)), (x, y), 3, callbacks=[watch])
            predictions = np.array(watch.seen)
            changed[rate].append((predictions[1:] != predictions[:-1]).mean(axis=1))
    result |= {f"loss.{kind}": np.array(values) for kind, values in losses.items()}
    result["step"] = np.array(watch.at[1:])
    result |= {f"changed.{rate}": np.array(values) for rate, values in changed.items()}

    width, classes = x.shape[1], int(y.max()) + 1
    between: dict[str, list[Layer]] = {
        "correct": [],
        "normalized": [nn.BatchNormalization()],
        "reshape": [WrongReshape()],
    }
    for name, layers in between.items():
        stack = [nn.Dense(hidden, "relu"), *layers, nn.Dense(classes)]
        result[f"leak.{name}"] = leakage(classifier(stack, (width,), seed=0), x[:batch])
    return result


class WrongReshape(Layer):
    """Lays out the batch in another order, as a reshape in place of a transpose does; the shapes still fit."""

    def forward(self, x, training=False):
        """See :meth:`Layer.forward`."""
        return x.reshape(x.shape[::-1]).T

    def backward(self, dy):
        """See :meth:`Layer.backward`."""
        return dy.T.reshape(dy.shape)


def leakage(model: nn.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the norms of the gradients of the summed outputs of example i with respect to example j, in training."""
    norms = np.zeros((len(x), len(x)))
    for i in range(len(x)):
        outputs = model.forward(x, training=True)
        dy = np.zeros_like(outputs)
        dy[i] = 1
        norms[i] = np.linalg.norm(np.asarray(model.backward(dy, input_gradient=True)), axis=1)
    return norms
