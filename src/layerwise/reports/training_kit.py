"""Building and training networks of :mod:`layerwise.nn` in studies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Split

LOSS = nn.SparseCategoricalCrossentropy(from_logits=True)
Rate = float | nn.LearningRateSchedule
OPTIMIZERS: dict[str, Callable[[Rate], nn.Optimizer]] = {
    "SGD": nn.SGD,
    "momentum": lambda rate: nn.SGD(rate, momentum=0.9),
    "Nesterov": lambda rate: nn.SGD(rate, momentum=0.9, nesterov=True),
    "RMSprop": nn.RMSprop,
    "Adam": nn.Adam,
    "AdamW": lambda rate: nn.AdamW(rate, weight_decay=0.01),
}
"""Optimizers by name, each created from a learning rate."""


def draw(split: Split, count: int, seed: int) -> Split:
    """Draw ``count`` examples without replacement; a larger draw with the same seed contains the smaller one."""
    rows = np.random.default_rng(seed).permutation(len(split[1]))[:count]
    return split[0][rows], split[1][rows]


def layers(
    units: Sequence[int],
    classes: int,
    activation: str = "relu",
    norm: str | None = None,
    momentum: float = 0.9,
    dropout: float = 0.0,
    regularizer: nn.Regularizer | None = None,
    max_norm: float | None = None,
    initializer: Any = "he_normal",
    bias: bool = True,
) -> list[nn.Layer]:
    """Return the layers of a multilayer perceptron; the last layer outputs one logit per class.

    Parameters
    ----------
    units : sequence of int
        Hidden units of each layer.
    classes : int
    activation : str
        Activation of the hidden layers.
    norm : {None, "batch", "layer"}
        Normalization before the activation; with it, the Dense layer before needs no bias.
    momentum : float
        Momentum of the running statistics; training in the studies is too short for the usual 0.99.
    dropout : float
        Dropout rate of the hidden layers.
    regularizer : Regularizer, optional
        Penalty on every kernel.
    max_norm : float, optional
        Largest norm of the incoming weights of a unit.
    initializer : str or Initializer
        Initializer of the hidden kernels.
    bias : bool
        Whether layers without normalization have biases.
    """
    constraint = None if max_norm is None else nn.MaxNorm(max_norm)
    settings: dict[str, Any] = {"kernel_regularizer": regularizer, "kernel_constraint": constraint}
    stack: list[nn.Layer] = []
    for width in units:
        stack.append(nn.Dense(width, use_bias=bias and norm is None, kernel_initializer=initializer, **settings))
        if norm is not None:
            stack.append(nn.BatchNormalization(momentum=momentum) if norm == "batch" else nn.LayerNormalization())
        stack.append(nn.Activation(activation))
        if dropout:
            stack.append(nn.Dropout(dropout))
    return [*stack, nn.Dense(classes, use_bias=bias, **settings)]


class Steps(nn.Callback):
    """Calls ``look(model)`` before the first step and after every ``every`` steps, and stores the results.

    Attributes
    ----------
    at : list of int
        Number of steps at each call.
    seen : list
        Results of the calls.
    """

    def __init__(self, every: int, look: Callable[[nn.Sequential], Any]) -> None:
        self.every, self.look, self.steps = every, look, 0
        self.at: list[int] = []
        self.seen: list[Any] = []

    def on_train_begin(self, logs=None):
        """See :meth:`nn.Callback.on_train_begin`."""
        self._record()

    def on_train_batch_end(self, batch, logs):
        """See :meth:`nn.Callback.on_train_batch_end`."""
        self.steps += 1
        if self.steps % self.every == 0:
            self._record()

    def _record(self) -> None:
        self.at.append(self.steps)
        self.seen.append(self.look(self.model))


def classifier(
    stack: Sequence[nn.Layer],
    shape: Sequence[int],
    seed: int,
    optimizer: Any = "sgd",
    loss: nn.Loss = LOSS,
    dtype: str = "float32",
) -> nn.Sequential:
    """Return a compiled network for examples of ``shape``, without the batch axis; its last layer outputs logits."""
    model = nn.Sequential([nn.Input(tuple(shape)), *stack], seed=seed, dtype=dtype)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def fit(
    model: nn.Sequential,
    split: Split,
    epochs: int,
    batch_size: int = 32,
    validation: Split | None = None,
    callbacks: Sequence[nn.Callback] = (),
    validation_batch_size: int | None = None,
) -> dict[str, np.ndarray]:
    """Train a network and return its history, one value per epoch; NaN for the epochs after it diverged."""
    with np.errstate(over="ignore", invalid="ignore"):
        history = model.fit(
            *split,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=validation,
            callbacks=[nn.TerminateOnNaN(), *callbacks],
            validation_batch_size=validation_batch_size,
            verbose=0,
        ).history
    return {name: np.array(values + [math.nan] * (epochs - len(values))) for name, values in history.items()}


def train(
    stack: Sequence[nn.Layer],
    split: Split,
    seed: int,
    optimizer: nn.Optimizer,
    epochs: int,
    batch_size: int,
    validation: Split | None = None,
    loss: nn.Loss = LOSS,
    callbacks: Sequence[nn.Callback] = (),
    dtype: str = "float32",
) -> nn.Sequential:
    """Build a `classifier` from layers and `fit` it; its ``history.history`` has the losses of every epoch.

    Parameters
    ----------
    stack : sequence of Layer
        Layers, such as those of :func:`layers`.
    split : (x, y)
        Training examples ``(n, d)`` and targets.
    seed : int
        Seed of the initial weights, the order of the examples and dropout.
    """
    model = classifier(stack, split[0].shape[1:], seed, optimizer, loss, dtype)
    fit(model, split, epochs, batch_size, validation, callbacks, validation_batch_size=1000)
    return model


def logits(model: nn.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the logits of all examples in inference mode; not finite if the network diverged."""
    with np.errstate(over="ignore", invalid="ignore"):
        return model.predict(x, batch_size=1000, verbose=0)


def accuracy(z: np.ndarray, y: np.ndarray) -> float:
    """Return the accuracy of logits or probabilities ``(n, classes)``; zero if the network diverged."""
    return float(np.mean(z.argmax(axis=-1) == y)) if np.isfinite(z).all() else 0.0


def cross_entropy(z: np.ndarray, y: np.ndarray) -> float:
    """Return the mean cross-entropy in nats of logits ``(n, classes)``."""
    top = z.max(axis=-1, keepdims=True)
    return float(np.mean(np.log(np.exp(z - top).sum(axis=-1)) + top[:, 0] - z[np.arange(len(y)), y]))


def probabilities(z: np.ndarray) -> np.ndarray:
    """Return the softmax of logits ``(…, classes)``."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
