"""Activation and gradient distributions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports.assignment3.shared import network, root_mean_square
from layerwise.reports.inputs import Data, only
from layerwise.reports.training_kit import fit


def passes(model: nn.Sequential, x: np.ndarray, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the activations of each hidden layer and the gradient of the loss with respect to them."""
    units = []
    for layer in model.layers:
        x = layer.forward(x, training=True)
        units.append(x.copy())
    gradients: list[Any] = [model.loss.value_and_gradient(y, x)[1]]
    for layer in reversed(model.layers[1:]):
        layer.needs_input_gradient = True
        dx = layer.backward(gradients[0].copy())
        gradients.insert(0, np.copy(dx))  # type: ignore[arg-type]
    yield from list(zip(units, gradients))[:-1]


#: Start → activation, and factor applied to the initial weights of the hidden layers.
STARTS = {"relu": ("relu", 1.0), "tanh": ("tanh", 1.0), "sigmoid": ("sigmoid", 1.0), "tanh_large": ("tanh", 6.0)}


def run(
    data: Data,
    depth: int = 4,
    width: int = 64,
    epochs: int = 20,
    learning_rate: float = 0.1,
    seeds: int = 5,
    bins: int = 40,
) -> dict[str, np.ndarray]:
    """Train the same deep network from each of `STARTS`, and record the activations and gradients of every layer.

    A unit counts as saturated on an example if its slope is below a twentieth of the activation's largest slope.

    Returns
    -------
    dict
        For each start: ``loss.…`` (seeds, epochs), the training loss; ``accuracy.…`` (seeds,), the final validation
        accuracy; ``saturated.…`` (seeds, epochs + 1, depth), the share of saturated units by layer; ``flow.…``
        (seeds,), the gradient at the units of the first hidden layer divided by that of the last, before training;
        ``edges_<units|gradients>.…`` (bins + 1,) and ``<units|gradients>_<before|after>.…`` (depth, bins), histograms
        of the first network's values by layer.
    """
    splits = only(data, np.float32)
    train, validation = splits["train"], splits["validation"]
    x, y = train[0][:512], train[1][:512]
    result: dict[str, np.ndarray] = {}
    for name, (activation, factor) in STARTS.items():
        losses, accuracies, saturations, flows = [], [], [], []
        for seed in range(seeds):
            model = network(*train, [width] * depth, seed, nn.SGD(learning_rate), activation)
            for layer in model.layers[:-1]:
                layer.params["kernel"] *= factor
            before = list(passes(model, x, y))
            recorder = _Saturation(activation, x)
            initial = recorder.shares(model)
            history = fit(model, train, epochs, validation=validation, callbacks=[recorder])
            losses.append(history["loss"])
            accuracies.append(history["val_accuracy"][-1])
            saturations.append([initial, *recorder.by_epoch])
            flows.append(root_mean_square(before[0][1]) / root_mean_square(before[-1][1]))
            if seed == 0:
                result |= _histograms(name, before, list(passes(model, x, y)), bins)
        result |= {
            f"loss.{name}": np.array(losses),
            f"accuracy.{name}": np.array(accuracies),
            f"saturated.{name}": np.array(saturations),
            f"flow.{name}": np.array(flows),
        }
    return result


def _slopes(activation: str, units: np.ndarray) -> np.ndarray:
    """Return the derivative of the activation, relative to its maximum, from the activation's values."""
    return {"relu": units > 0, "tanh": 1 - units**2, "sigmoid": 4 * units * (1 - units)}[activation]


class _Saturation(nn.Callback):
    """Records the share of saturated units of each hidden layer, over all examples, after every epoch."""

    def __init__(self, activation: str, x: np.ndarray) -> None:
        self.activation, self.x = activation, x
        self.by_epoch: list[list[float]] = []

    def shares(self, model: nn.Sequential) -> list[float]:
        """Return the current share of each hidden layer."""
        units, shares = self.x, []
        for layer in model.layers[:-1]:
            units = layer.forward(units).copy()
            shares.append(float(np.mean(_slopes(self.activation, units) < 0.05)))
        return shares

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        self.by_epoch.append(self.shares(self.model))


def _histograms(name: str, before: list, after: list, bins: int) -> dict[str, np.ndarray]:
    """Return histograms of each layer's activations and gradients before and after training, and their bin edges."""
    result = {}
    for index, kind in ((0, "units"), (1, "gradients")):
        largest = float(np.quantile(np.abs(np.concatenate([layer[index].ravel() for layer in before + after])), 0.995))
        low = 0.0 if kind == "units" and name in ("relu", "sigmoid") else -largest
        edges = np.linspace(low, largest, bins + 1)
        result[f"edges_{kind}.{name}"] = edges
        for when, layers in (("before", before), ("after", after)):
            counts = [np.histogram(np.clip(layer[index], low, largest), edges)[0] for layer in layers]
            result[f"{kind}_{when}.{name}"] = np.array(counts) / before[0][index].size
    return result
