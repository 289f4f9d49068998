"""A training loop with TensorFlow's GradientTape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data, only

Weights = list[np.ndarray]


def train_with_tape(
    weights: Weights, x: np.ndarray, y: np.ndarray, batches: np.ndarray, learning_rate: float, momentum: float
) -> tuple[list[float], list[Weights]]:
    """Train an MLP in TensorFlow without Keras; return the loss of each batch and the weights after each step."""
    import tensorflow as tf

    variables = [tf.Variable(w) for w in weights]
    velocities = [tf.Variable(tf.zeros_like(w)) for w in variables]
    losses, history = [], []
    for rows in batches:
        with tf.GradientTape() as tape:
            w1, b1, w2, b2 = variables
            h = tf.nn.relu(x[rows] @ w1 + b1)
            z = h @ w2 + b2
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y[rows], z))
        gradients = tape.gradient(loss, variables)
        for w, v, g in zip(variables, velocities, gradients):
            v.assign(momentum * v - learning_rate * g)
            w.assign_add(v)
        losses.append(float(loss))
        history.append([w.numpy() for w in variables])
    return losses, history


def run(
    data: Data,
    hidden: int = 64,
    batch_size: int = 64,
    epochs: int = 2,
    learning_rate: float = 0.05,
    momentum: float = 0.9,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Train one network on the same batches with a GradientTape loop, with ``fit`` of Keras, and in NumPy.

    Parameters
    ----------
    data : mapping
        One dataset.
    hidden, batch_size, epochs, learning_rate, momentum, seed
        Hidden units, batch size, passes through the training examples, settings of SGD, and seed of the initial
        weights. The examples are shuffled once and then taken in this order in every epoch.

    Returns
    -------
    dict
        ``loss.tape``, ``loss.keras``, ``loss.numpy`` (steps,), the loss of each batch before the step on it;
        ``weights.tape_keras``, ``weights.tape_numpy``, ``weights.keras_numpy`` (steps,), the largest absolute
        difference between the weights after each step; ``gap`` (3,), the largest of each of these; ``change`` (1,),
        the largest change of a weight in training.
    """
    import layerwise.experiments.keras_import  # noqa: F401  # before Keras is imported

    x, y = only(data, np.float32)["train"]
    order = np.random.default_rng(seed).permutation(len(y) // batch_size * batch_size)
    x, y = x[order], y[order].astype(np.int32)
    batches = np.tile(np.arange(len(y)).reshape(-1, batch_size), (epochs, 1))
    model = nn.Sequential([nn.Input(x.shape[1:]), nn.Dense(hidden, "relu"), nn.Dense(int(y.max()) + 1)], seed=seed)
    model.compile(nn.SGD(learning_rate, momentum), nn.SparseCategoricalCrossentropy(from_logits=True))
    start = [w.copy() for w in model.get_weights()]

    trained = {
        "tape": train_with_tape(start, x, y, batches, learning_rate, momentum),
        "keras": _fit_keras(nn.to_keras(model), x, y, batch_size, epochs),
        "numpy": _train_numpy(model, x, y, batches),
    }
    result = {f"loss.{name}": np.array(losses) for name, (losses, _) in trained.items()}
    for first, second in (("tape", "keras"), ("tape", "numpy"), ("keras", "numpy")):
        steps = zip(trained[first][1], trained[second][1])
        result[f"weights.{first}_{second}"] = np.array([_largest_difference(a, b) for a, b in steps])
    result["gap"] = np.array([values.max() for name, values in result.items() if name.startswith("weights.")])
    result["change"] = np.array([_largest_difference(start, trained["numpy"][1][-1])])
    return result


def _train_numpy(
    model: nn.Sequential, x: np.ndarray, y: np.ndarray, batches: np.ndarray
) -> tuple[list[float], list[Weights]]:
    losses, history = [], []
    for rows in batches:
        losses.append(float(model.train_on_batch(x[rows], y[rows])))
        history.append([w.copy() for w in model.get_weights()])
    return losses, history


def _fit_keras(model, x: np.ndarray, y: np.ndarray, batch_size: int, epochs: int) -> tuple[list[float], list[Weights]]:
    import keras

    losses: list[float] = []
    history: list[Weights] = []

    class Record(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.reset_metrics()  # the logged loss is the mean since the last reset

        def on_train_batch_end(self, batch, logs=None):
            losses.append(logs["loss"])
            history.append(self.model.get_weights())

    model.fit(x, y, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0, callbacks=[Record()])
    return losses, history


def _largest_difference(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(first, second))
