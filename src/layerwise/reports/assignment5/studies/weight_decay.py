"""AdamW vs L2."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5.shared import kernels
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    rates: Sequence[float] = (1e-3, 3e-3, 1e-2),
    values: Sequence[float] = (0.0, 1e-3, 1e-2, 1e-1, 1.0, 10.0),
    units: Sequence[int] = (64, 64),
    examples: int = 500,
    epochs: int = 12,
    batch_size: int = 50,
    seeds: int = 3,
    pairs: int = 5,
) -> dict[str, np.ndarray]:
    """Compare an L2 penalty with decoupled weight decay under Adam and under SGD (Loshchilov & Hutter 2019).

    A penalty λ‖w‖² adds 2λw to the gradient; decay subtracts ηδw from the weights. Under SGD with δ = 2λ, both give the
    same step. Adam divides the gradient, including the part of the penalty, by the root of its mean square.

    Returns
    -------
    dict
        ``rates``, ``values`` (of δ = 2λ); ``validation.<penalty|decay>`` (seeds, rates, values): validation errors;
        ``best.<penalty|decay>`` (seeds,): validation error at the best rate and value; ``apart.sgd``, ``apart.adam``
        (pairs,): distance between the final weights of both methods, relative to the distance of those with the
        penalty from those without.
    """
    splits = only(data, np.float32)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1

    def trained(optimizer: nn.Optimizer, penalty: float, seed: int, dtype: str = "float32") -> nn.Sequential:
        # no biases: the penalty applies to kernels only, weight decay to all weights
        stack = training_kit.layers(units, classes, regularizer=nn.L2(penalty) if penalty else None, bias=False)
        split = training_kit.draw(splits["train"], examples, seed)
        return training_kit.train(stack, split, seed, optimizer, epochs, batch_size, dtype=dtype)

    ways: dict[str, Callable[[float, float], tuple[nn.Optimizer, float]]] = {
        "penalty": lambda rate, value: (nn.Adam(rate), value / 2),
        "decay": lambda rate, value: (nn.AdamW(rate, weight_decay=value), 0.0),
    }
    result: dict[str, np.ndarray] = {"rates": np.array(rates), "values": np.array(values)}
    for way, make in ways.items():
        table = np.zeros((seeds, len(rates), len(values)))
        for seed, i, k in np.ndindex(table.shape):
            optimizer, penalty = make(rates[i], values[k])
            table[seed, i, k] = 1 - training_kit.accuracy(
                training_kit.logits(trained(optimizer, penalty, seed), xv), yv
            )
        best = np.unravel_index(np.argmin(table.mean(axis=0)), table.shape[1:])
        result |= {f"validation.{way}": table, f"best.{way}": table[:, best[0], best[1]]}
    for name, make_optimizer in (("sgd", nn.SGD), ("adam", nn.Adam)):
        rate, value = (0.1, 1e-2) if name == "sgd" else (1e-3, 1e-2)
        apart = []
        for seed in range(pairs):  # in float64, because training amplifies rounding errors
            penalized = kernels(trained(make_optimizer(rate), value / 2, seed, "float64"))
            decayed = kernels(trained(make_optimizer(rate, weight_decay=value), 0.0, seed, "float64"))
            unpenalized = kernels(trained(make_optimizer(rate), 0.0, seed, "float64"))
            apart.append(float(np.linalg.norm(penalized - decayed) / np.linalg.norm(penalized - unpenalized)))
        result[f"apart.{name}"] = np.array(apart)
    return result
