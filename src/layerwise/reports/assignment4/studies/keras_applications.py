"""VGG16 and ResNet50 in Keras: feature extraction, then fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from layerwise.experiments.keras_applications import Application
from layerwise.experiments.keras_import import keras, tf
from layerwise.reports.assignment4.shared import balanced_order
from layerwise.reports.inputs import Data, Split

Weights = list[np.ndarray]
Step = Callable[[Any, Any, bool], Any]

RATES = {"VGG16": 0.001, "ResNet50": 0.003}
"""Learning rate of Adam for training from random weights, the larger one with batch normalization."""
ARMS = ("scratch", "frozen", "tuned")


def run(
    data: Data,
    architectures: Sequence[str] = ("VGG16", "ResNet50"),
    weights: str | None = None,
    size: int = 32,
    width: float = 0.125,
    pretraining_epochs: int = 4,
    labels: int = 60,
    batch_size: int = 30,
    epochs: int = 15,
    head_updates: int = 200,
    tuning_rate: float = 0.0003,
    seeds: int = 4,
) -> dict[str, np.ndarray]:
    """Train each architecture on few labels: from random weights, on frozen features, and fine-tuned.

    The steps are those of Keras's guide to transfer learning: the top of the pretrained network is replaced and trained
    on frozen features; then all layers are trained with a small learning rate. In both, the pretrained network is
    called with ``training=False``, so that batch normalization keeps its statistics. A seed draws the labeled images,
    the order of the batches and the new top; the random weights are the same for all seeds. If ImageNet weights are not
    available, this is printed and the network is pretrained here.

    Parameters
    ----------
    data : mapping
        The dataset for pretraining, then the one with the few labels and its test split; images with equally many
        classes.
    weights : "imagenet" or None
        Pretrained weights to download. With None, the architecture is pretrained on the first dataset.
    size, width
        As of :class:`layerwise.experiments.applications.Application`; with ``weights`` the width is 1.
    pretraining_epochs, epochs : int
        Epochs on the first dataset, and on the labeled images from random weights and in fine-tuning.
    labels, batch_size : int
        Number of labeled images, balanced over classes, and images in a step; the former a multiple of the latter.
    head_updates : int
        Steps in which the last layer is trained on the features of all labeled images.
    tuning_rate : float
        Constant learning rate of fine-tuning.
    seeds : int

    Returns
    -------
    dict
        ``<arm>.<architecture>`` (seeds,), the test accuracy for each arm of `ARMS`; ``imagenet.<architecture>`` (1,), 1
        if ImageNet weights were used; ``source.<architecture>`` (1,), the validation accuracy after pretraining here,
        0 with ImageNet weights; ``parameters.<architecture>`` (1,).
    """
    tf.config.experimental.enable_op_determinism()
    # A graph is run a few hundred times only: optimizing it would take longer than it saves.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    source, target = data.values()
    (x, y), test = target["train"], target["test"]
    classes = int(y.max()) + 1
    result: dict[str, np.ndarray] = {}
    for name in architectures:
        base, imagenet = _base(name, weights, width, {"size": size, "momentum": 0.9})
        model = keras.Sequential([keras.Input(x.shape[1:]), base, keras.layers.Dense(classes)])
        step, head = _step(model), _head(base.compute_output_shape((None, *x.shape[1:]))[1:], classes)
        accuracy = 0.0
        initial = (keras.models.clone_model(model) if imagenet else model).get_weights()  # a clone draws them
        if not imagenet:
            _fit(model, step, source["train"], RATES[name], pretraining_epochs, batch_size, np.random.default_rng(0))
            accuracy = _accuracy(model, source["validation"])
        pretrained = model.get_weights()
        scores: dict[str, list[float]] = {arm: [] for arm in ARMS}
        for seed in range(seeds):
            few = balanced_order(y, np.random.default_rng(seed))[:labels]
            split = x[few], y[few]
            model.set_weights(initial)
            _fit(model, step, split, RATES[name], epochs, batch_size, np.random.default_rng(seed))
            scores["scratch"].append(_accuracy(model, test))

            model.set_weights(pretrained)
            features = base(split[0], training=False)
            model.layers[-1].set_weights(_trained_head(head, features, split[1], head_updates, seed))
            scores["frozen"].append(_accuracy(model, test))
            rng = np.random.default_rng(seed)
            _fit(model, step, split, tuning_rate, epochs, batch_size, rng, training=False)
            scores["tuned"].append(_accuracy(model, test))
        result |= {f"{arm}.{name}": np.array(values) for arm, values in scores.items()}
        result[f"imagenet.{name}"] = np.array([int(imagenet)])
        result[f"source.{name}"] = np.array([accuracy])
        result[f"parameters.{name}"] = np.array([model.count_params()])
    return result


def _base(name: str, weights: str | None, width: float, settings: dict[str, Any]) -> tuple[Application, bool]:
    """Return the architecture without its top, and whether it has the pretrained weights."""
    keras.utils.set_random_seed(0)
    if weights:
        try:
            return Application(name, weights, **settings), True
        except ValueError as error:
            print(f"{error}. It is pretrained on the first dataset instead.", flush=True)
            keras.utils.set_random_seed(0)
    return Application(name, None, width=width, **settings), False


def _step(model: keras.Sequential) -> Step:
    """Return a training step with Adam, traced once for each of the two values of ``training``."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.optimizer = keras.optimizers.Adam(0.001)
    model.optimizer.build(model.trainable_variables)

    @tf.function(autograph=False)
    def step(x, y, training):
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=training))
        variables = model.trainable_variables
        model.optimizer.apply_gradients(zip(tape.gradient(value, variables), variables))

    return step


def _fit(
    model: keras.Sequential,
    step: Step,
    split: Split,
    rate: float,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    training: bool = True,
) -> None:
    """Train on whole batches in a new order each epoch: with cosine decay, or a constant rate if not ``training``."""
    x, y = split
    _forget(model.optimizer)
    batches = list(_batches(len(y), batch_size, epochs, rng))
    for k, rows in enumerate(batches):
        decay = (1 + np.cos(np.pi * k / len(batches))) / 2 if training else 1.0
        model.optimizer.learning_rate.assign(rate * decay)
        step(tf.constant(x[rows]), tf.constant(y[rows]), training)


def _batches(n: int, size: int, epochs: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    for _ in range(epochs):
        order = rng.permutation(n)
        yield from (order[first : first + size] for first in range(0, n - size + 1, size))


def _head(shape: tuple[int, ...], classes: int) -> keras.Sequential:
    """Return a network of one layer, for the features of a pretrained network."""
    head = keras.Sequential([keras.Input(shape), keras.layers.Dense(classes)])
    head.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    head.optimizer.build(head.trainable_variables)
    return head


def _trained_head(head: keras.Sequential, features: Any, y: np.ndarray, updates: int, seed: int) -> Weights:
    """Train the last layer from random weights on features ``(n, d)`` and return its weights."""
    keras.utils.set_random_seed(seed)
    head.set_weights(keras.models.clone_model(head).get_weights())
    rate = float(head.optimizer.learning_rate)
    _forget(head.optimizer)
    head.optimizer.learning_rate.assign(rate)
    for _ in range(updates):
        head.train_on_batch(features, y)
    return head.get_weights()


def _forget(optimizer: keras.optimizers.Optimizer) -> None:
    """Set the state of an optimizer, including the learning rate, to zero."""
    for variable in optimizer.variables:
        variable.assign(tf.zeros_like(variable))


def _accuracy(model: keras.Sequential, split: Split) -> float:
    x, y = split
    return float(np.mean(np.argmax(model(x, training=False), axis=1) == y))
