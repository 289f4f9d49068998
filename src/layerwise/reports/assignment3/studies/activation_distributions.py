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
    """Yield, for each hidden layer, its units and the loss's gradient at them."""
    units = []
    for layer in model.layers:
        x = layer.forward(x, training=True)
        units.append(x.copy())
    slopes: list[Any] = [model.loss.value_and_gradient(y, x)[1]]
    for layer in reversed(model.layers[1:]):
        layer.needs_input_gradient = True
        dx = layer.backward(slopes[0].copy())
        slopes.insert(0, np.copy(dx))  # type: ignore[arg-type]
    yield from list(zip(units, slopes))[:-1]


#: What `signals` compares: an activation, and a factor on the first weights of the hidden layers.
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
    """Train the same deep network from each of `STARTS` and look at units and gradients in every layer.

    A unit counts as saturated on an example where its slope is below a twentieth of the activation's steepest.

    Returns
    -------
    dict
        For each start: ``loss.…`` (seeds, epochs) of training, ``accuracy.…`` (seeds,) on validation at the end;
        ``saturated.…`` (seeds, epochs + 1, depth), share by layer, and ``start.…`` (seeds,), of all before
        training; ``flow.…`` (seeds,): gradient at the first hidden
        layer's units over that at the last's, before training; ``edges_<units|gradients>.…`` (bins + 1,) and
        ``<units|gradients>_<before|after>.…`` (depth, bins), shares of the first network's values by layer.
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
            watch = _Saturation(activation, x)
            saturated = [watch.shares(model)]
            history = fit(model, train, epochs, validation=validation, callbacks=[watch])
            losses.append(history["loss"])
            accuracies.append(history["val_accuracy"][-1])
            saturations.append(saturated + watch.found)
            flows.append(root_mean_square(before[0][1]) / root_mean_square(before[-1][1]))
            if seed == 0:
                result |= _histograms(name, before, list(passes(model, x, y)), bins)
        result |= {
            f"loss.{name}": np.array(losses),
            f"accuracy.{name}": np.array(accuracies),
            f"saturated.{name}": np.array(saturations),
            f"start.{name}": np.array(saturations)[:, 0].mean(axis=1),
            f"flow.{name}": np.array(flows),
        }
    return result


def _slopes(activation: str, units: np.ndarray) -> np.ndarray:
    """Return the activation's derivative, told from its values."""
    return {"relu": units > 0, "tanh": 1 - units**2, "sigmoid": 4 * units * (1 - units)}[activation]


class _Saturation(nn.Callback):
    """Keeps, epoch by epoch and for each hidden layer, the share of units times examples that are saturated."""

    def __init__(self, activation: str, x: np.ndarray) -> None:
        self.activation, self.x = activation, x
        self.found: list[list[float]] = []

    def shares(self, model: nn.Sequential) -> list[float]:
        """Return the shares of a model now."""
        units, found = self.x, []
        for layer in model.layers[:-1]:
            units = layer.forward(units).copy()
            found.append(float(np.mean(_slopes(self.activation, units) < 0.05)))
        return found

    def on_epoch_end(self, epoch, logs):
        """See :meth:`Callback.on_epoch_end`."""
        self.found.append(self.shares(self.model))


def _histograms(name: str, before: list, after: list, bins: int) -> dict[str, np.ndarray]:
    """Return the edges, and the share of each layer's values in each bin, before and after training."""
    result = {}
    for place, what in ((0, "units"), (1, "gradients")):
        largest = float(np.quantile(np.abs(np.concatenate([layer[place].ravel() for layer in before + after])), 0.995))
        low = 0.0 if what == "units" and name in ("relu", "sigmoid") else -largest
        edges = np.linspace(low, largest, bins + 1)
        result[f"edges_{what}.{name}"] = edges
        for when, layers in (("before", before), ("after", after)):
            counts = [np.histogram(np.clip(layer[place], low, largest), edges)[0] for layer in layers]
            result[f"{what}_{when}.{name}"] = np.array(counts) / before[0][place].size
    return result
