"""Identical initialization and batches in NumPy and Keras."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data, only


class _SingleAdam(nn.Adam):
    """Adam with ``1 − βᵗ`` computed in float32, as in Keras; ``nn.Adam`` computes it in float64."""

    def begin_step(self, rate, step):
        """See :meth:`Optimizer.begin_step`."""
        one = np.float32(1)
        power_1, power_2 = (np.power(np.float32(beta), np.float32(step)) for beta in (self.beta_1, self.beta_2))
        alpha = np.float32(rate) * np.sqrt(one - power_2) / (one - power_1)
        root = math.sqrt(1 - self.beta_2)
        self.alpha = float(alpha) * (1 - self.beta_1) / root
        self.scaled_epsilon = self.epsilon / root


#: Optimizer → class and arguments.
OPTIMIZERS: dict[str, tuple[type[nn.Optimizer], dict[str, float]]] = {
    "momentum": (nn.SGD, {"learning_rate": 0.05, "momentum": 0.9}),
    "Adam": (nn.Adam, {"learning_rate": 0.001}),
}


def run(
    data: Data, hidden: Sequence[int] = (128,), batch_size: int = 64, steps: int = 200, seed: int = 0
) -> dict[str, np.ndarray]:
    """Train one network on the same batches in NumPy and in Keras, in float32, and in NumPy in float64.

    The difference between the backends is compared with the rounding error of float32, that is, with the difference
    between NumPy in float32 and in float64.

    Parameters
    ----------
    data : mapping
        One dataset.
    hidden, batch_size, steps, seed
        Hidden units, batch size, number of steps, and seed of the initial weights and the batches.

    Returns
    -------
    dict
        For each optimizer: ``numpy.…``, ``keras.…``, ``exact.…`` (steps,), the loss of each batch in NumPy and Keras
        (float32) and in NumPy (float64); ``difference.…`` and ``rounding.…`` (steps,), the differences between NumPy
        and Keras and between float32 and float64, relative to the loss; ``furthest.…`` (1,), the largest
        ``difference``; ``excess.…`` (1,), the root mean square of ``difference`` divided by that of ``rounding``.
        ``difference.single``, ``furthest.single`` and ``excess.single`` compare Keras with NumPy's Adam when its bias
        correction is computed in float32. ``first`` (1,), the largest difference at the first step.
    """
    import layerwise.experiments.keras_import  # noqa: F401  # before to_keras imports Keras

    x, y = only(data)["train"]
    rng = np.random.default_rng(seed)
    batches = [rng.choice(len(y), batch_size, replace=False) for _ in range(steps)]

    def network(optimizer: nn.Optimizer, dtype: str) -> nn.Sequential:
        layers = [nn.Dense(units, "relu") for units in hidden]
        model = nn.Sequential([nn.Input(x.shape[1:]), *layers, nn.Dense(int(y.max()) + 1)], seed=seed, dtype=dtype)
        model.compile(optimizer, nn.SparseCategoricalCrossentropy(from_logits=True))
        return model

    result: dict[str, np.ndarray] = {}
    for name, (kind, arguments) in OPTIMIZERS.items():
        ours, exact = network(kind(**arguments), "float32"), network(kind(**arguments), "float64")
        exact.set_weights(ours.get_weights())
        keras = nn.to_keras(ours)
        losses = {"numpy": _losses(ours, x, y, batches), "keras": _losses(keras, x, y, batches)}
        losses["exact"] = _losses(exact, x, y, batches)
        result |= {f"{which}.{name}": values for which, values in losses.items()}
        result[f"rounding.{name}"] = np.abs(losses["numpy"] - losses["exact"]) / losses["exact"]
        pairs = {name: losses["numpy"]}
        if kind is nn.Adam:
            pairs["single"] = _losses(network(_SingleAdam(**arguments), "float32"), x, y, batches)
        for pair, values in pairs.items():
            difference = np.abs(values - losses["keras"]) / losses["exact"]
            ratio = _root_mean_square(difference) / _root_mean_square(result[f"rounding.{name}"])
            result |= {
                f"difference.{pair}": difference,
                f"furthest.{pair}": np.array([difference.max()]),
                f"excess.{pair}": np.array([ratio]),
            }
    result["first"] = np.array([max(result[f"difference.{name}"][0] for name in OPTIMIZERS)])
    return result


def _root_mean_square(values: np.ndarray) -> float:
    return math.sqrt(float((values**2).mean()))


def _losses(model: Any, x: np.ndarray, y: np.ndarray, batches: Sequence[np.ndarray]) -> np.ndarray:
    """Train a model of either backend, and return the loss of each batch before the step on it."""
    x = x.astype(getattr(model, "dtype", "float32"))
    return np.array([float(model.train_on_batch(x[rows], y[rows])) for rows in batches])
