"""What several studies of multilayer perceptrons share: the network, its training and the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data, only

Split = tuple[np.ndarray, np.ndarray]
Rate = float | nn.LearningRateSchedule
#: Optimizers by the name a report gives them, each made from a learning rate.
OPTIMIZERS: dict[str, Callable[[Rate], nn.Optimizer]] = {
    "SGD": nn.SGD,
    "momentum": lambda rate: nn.SGD(rate, momentum=0.9),
    "RMSprop": nn.RMSprop,
    "Adam": nn.Adam,
}


def network(
    x: np.ndarray, y: np.ndarray, hidden: Sequence[int], seed: int, optimizer: Any = "sgd", activation: str = "relu"
) -> nn.Sequential:
    """Return a compiled network of Dense layers for such examples, ReLU from He's weights, others from Glorot's."""
    start = "he_normal" if activation in ("relu", "leaky_relu") else "glorot_uniform"
    layers = [nn.Dense(units, activation, kernel_initializer=start) for units in hidden]
    model = nn.Sequential([nn.Input(x.shape[1:]), *layers, nn.Dense(int(y.max()) + 1)], seed=seed)
    model.compile(optimizer, nn.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def fit(
    model: nn.Sequential,
    train: Split,
    validation: Split | None,
    epochs: int,
    batch_size: int = 32,
    callbacks: Sequence[nn.Callback] = (),
) -> dict[str, np.ndarray]:
    """Train and return the history; a training that diverges goes on as NaN to its last epoch."""
    with np.errstate(over="ignore", invalid="ignore"):
        history = model.fit(
            *train,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=validation,
            callbacks=[nn.TerminateOnNaN(), *callbacks],
            verbose=0,
        ).history
    return {name: np.array(values + [math.nan] * (epochs - len(values))) for name, values in history.items()}


def splits(data: Data) -> tuple[Split, Split]:
    """Return training and validation examples of the only dataset, flat and in float32."""
    both = only(data)
    train, validation = ((x.astype(np.float32), y) for x, y in (both["train"], both["validation"]))
    return train, validation


def root_mean_square(array: np.ndarray) -> float:
    """Return the root of the mean square of all numbers of an array."""
    return float(np.sqrt((array.astype(float) ** 2).mean()))
