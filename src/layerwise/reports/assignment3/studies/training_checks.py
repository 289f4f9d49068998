"""Sanity checks: the initial loss, and memorizing a few examples."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.assignment3.shared import network
from layerwise.reports.inputs import Data, flat, named
from layerwise.reports.training_kit import fit


def run(
    data: Data,
    hidden: Sequence[int] = (64,),
    scales: Sequence[float] = (0.0, 0.1, 1.0, 10.0),
    examples: int = 50,
    epochs: int = 100,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Check the initial loss of a network, and whether it can memorize a few examples.

    Returns
    -------
    dict
        For each dataset: ``log_c.<dataset>`` (1,); ``initial.<dataset>.<scale>`` (seeds,), the loss of untrained
        networks with scaled output weights; ``accuracy.<dataset>``, ``shuffled.<dataset>`` (seeds, epochs), the
        training accuracy on a few examples with true and with shuffled labels; ``overfit.<dataset>``,
        ``memorised.<dataset>`` (seeds,), the final values of these.
    """
    result: dict[str, np.ndarray] = {}
    for name, parts in data.items():
        x, y = flat(name, *parts["train"])
        x = x.astype(np.float32)
        chance = math.log(y.max() + 1)
        result[f"log_c.{name}"] = np.array([chance])
        curves: dict[str, list[np.ndarray]] = {"accuracy": [], "shuffled": []}
        losses = np.zeros((seeds, len(scales)))
        for seed in range(seeds):
            for i, scale in enumerate(scales):
                model = network(x, y, hidden, seed)
                model.layers[-1].params["kernel"] *= scale
                losses[seed, i] = model.evaluate(x, y, batch_size=1024, return_dict=True)["loss"]
            rng = np.random.default_rng(seed)
            rows = rng.choice(len(y), examples, replace=False)
            for kind, labels in (("accuracy", y[rows]), ("shuffled", rng.permutation(y[rows]))):
                model = network(x, y, hidden, seed, nn.Adam(0.01))
                curves[kind].append(fit(model, (x[rows], labels), epochs, batch_size=10)["accuracy"])
        result |= named(f"initial.{name}", scales, losses.T)
        for kind, last in (("accuracy", "overfit"), ("shuffled", "memorised")):
            result[f"{kind}.{name}"] = np.array(curves[kind])
            result[f"{last}.{name}"] = result[f"{kind}.{name}"][:, -1]
    return result
