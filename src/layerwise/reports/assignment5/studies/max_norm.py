"""Max-norm constraint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    limit: float = 2.0,
    rates: Sequence[float] = (0.01, 0.03, 0.1, 0.3),
    dropout: float = 0.5,
    width: int = 128,
    examples: int = 1000,
    epochs: int = 20,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train without dropout, with dropout, and with dropout and a max-norm constraint at several learning rates.

    The momentum is 0.95, as recommended for dropout by Srivastava et al. (2014, appendix A.2).

    Returns
    -------
    dict
        ``rates`` (r,); validation errors ``plain``, ``dropout``, ``dropout_max_norm`` (seeds, r); ``rate.<network>``
        (1,): the rate with the lowest mean validation error; ``chosen.<network>`` (seeds,): test error at this rate;
        ``norm.<network>`` (seeds,): largest norm of the weights into a hidden unit at this rate;
        ``highest.<network>`` (seeds,): validation error at the highest rate.
    """
    splits = only(data, np.float32)
    classes = int(splits["train"][1].max()) + 1
    networks: dict[str, tuple[float, float | None]] = {
        "plain": (0.0, None), "dropout": (dropout, None), "dropout_max_norm": (dropout, limit),
    }  # fmt: skip
    result: dict[str, np.ndarray] = {"rates": np.array(rates)}
    for name, (share, max_norm) in networks.items():
        table = np.zeros((3, seeds, len(rates)))
        for seed in range(seeds):
            split = training_kit.draw(splits["train"], examples, seed)
            for k, rate in enumerate(rates):
                stack = training_kit.layers([width, width], classes, dropout=share, max_norm=max_norm)
                model = training_kit.train(stack, split, seed, nn.SGD(rate, momentum=0.95), epochs, batch_size)
                norms = [np.linalg.norm(layer.params["kernel"], axis=0).max() for layer in stack if layer.params]
                errors = [
                    1 - training_kit.accuracy(training_kit.logits(model, x), y)
                    for x, y in (splits["validation"], splits["test"])
                ]
                table[:, seed, k] = [*errors, max(norms[:-1])]
        best = int(np.argmin(table[0].mean(axis=0)))
        result |= {
            name: table[0],
            f"chosen.{name}": table[1][:, best],
            f"rate.{name}": np.array([rates[best]]),
            f"norm.{name}": table[2][:, best],
            f"highest.{name}": table[0][:, -1],
        }
    return result
