"""Dead ReLU units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.assignment3.shared import network
from layerwise.reports.inputs import Data, named, only
from layerwise.reports.training_kit import fit


def run(
    data: Data,
    rates: Sequence[float] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    activations: Sequence[str] = ("relu", "leaky_relu"),
    hidden: Sequence[int] = (64, 64),
    epochs: int = 10,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with increasing learning rates, and count the hidden units that are inactive on every training example.

    Returns
    -------
    dict
        ``rates`` (r,); ``accuracy.<activation>`` (seeds, r), the validation accuracy, also by rate as
        ``accuracy.<activation>.<rate>`` (seeds,); for ReLU ``dead`` (seeds, r), the share of dead hidden units, also
        by rate as ``dead.<rate>`` (seeds,).
    """
    splits = only(data, np.float32)
    train, validation = splits["train"], splits["validation"]
    result: dict[str, np.ndarray] = {"rates": np.array(rates)}
    for activation in activations:
        dead, accuracy = np.zeros((seeds, len(rates))), np.zeros((seeds, len(rates)))
        for seed in range(seeds):
            for i, rate in enumerate(rates):
                model = network(*train, hidden, seed, nn.SGD(rate), activation)
                fit(model, train, epochs)
                with np.errstate(over="ignore", invalid="ignore"):
                    accuracy[seed, i] = np.mean(model.predict(validation[0]).argmax(axis=1) == validation[1])
                    dead[seed, i] = dead_share(model, train[0])
        result |= {f"accuracy.{activation}": accuracy, **named(f"accuracy.{activation}", rates, accuracy.T)}
        if activation == "relu":
            result |= {"dead": dead, **named("dead", rates, dead.T)}
    return result


def dead_share(model: nn.Sequential, x: np.ndarray) -> float:
    """Return the share of hidden units that are positive on none of the examples."""
    alive = []
    for layer in model.layers[:-1]:
        x = layer.forward(x).copy()
        alive.append((x > 0).any(axis=0))
    return float(1 - np.concatenate(alive).mean())
