"""Locality, weight sharing and translation equivariance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment4.shared import balanced_order
from layerwise.reports.inputs import Data, Split, named

DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def perceptron(shape: tuple[int, ...], classes: int, seed: int, steps: int) -> nn.Sequential:
    """Build an MLP with one hidden layer, which ignores where a pixel is in the image."""
    layers = [nn.Flatten(), nn.Dense(128, "relu"), nn.Dense(classes)]
    return training_kit.classifier(layers, shape, seed, nn.Adam(nn.CosineDecay(0.003, steps)))


def convolutional(shape: tuple[int, ...], classes: int, seed: int, steps: int) -> nn.Sequential:
    """Build a network of two convolutions, each followed by pooling."""
    layers = [nn.Conv2D(8, 3, activation="relu"), nn.MaxPooling2D(2), nn.Conv2D(16, 3, activation="relu")]
    layers += [nn.MaxPooling2D(2), nn.Flatten(), nn.Dense(classes)]
    return training_kit.classifier(layers, shape, seed, nn.Adam(nn.CosineDecay(0.006, steps)))


MODELS = {"perceptron": perceptron, "convolutional": convolutional}


def moved(x: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return images ``(n, h, w, c)`` shifted down and right by whole pixels and padded with zeros."""
    y = np.roll(x, (rows, columns), (1, 2))
    y[:, : max(rows, 0)], y[:, len(y[0]) + min(rows, 0) :] = 0, 0
    y[:, :, : max(columns, 0)], y[:, :, y.shape[2] + min(columns, 0) :] = 0, 0
    return y


def shuffled(x: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return images with their pixels permuted, all in the same way."""
    return np.ascontiguousarray(x.reshape(len(x), -1)[:, order].reshape(x.shape))


def run(
    data: Data,
    examples: Sequence[int] = (100, 320, 1000, 3200),
    updates: Sequence[int] = (100, 150, 200, 250),
    batch_size: int = 32,
    shifts: Sequence[int] = (0, 1, 2, 3, 4),
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train both networks on original and on permuted pixels for several training set sizes, and shift the test images.

    Parameters
    ----------
    data : mapping
        One dataset of images, including its test split.
    examples, updates : sequence of int
        Sizes of the training set, balanced over classes; approximate number of optimizer steps for each size.
    batch_size : int
    shifts : sequence of int
        Pixels by which test images are shifted left, right, up and down.
    seeds : int
        Number of seeds; each draws the weights, the training images and the permutation.

    Returns
    -------
    dict
        ``examples``, ``shifts``; ``plain.<model>.<n>`` and ``shuffled.<model>.<n>`` (seeds,): test accuracy after
        training on n images; ``moved.<model>.<shift>`` (seeds,): test accuracy on shifted images after training on the
        largest set, mean over the four directions; ``picture.<kind>`` (h, w): one test image plain, moved, shuffled.
    """
    [(_, splits)] = data.items()
    (x, y), (xt, yt) = splits["train"], splits["test"]
    classes = int(y.max()) + 1
    names = product(("plain", "shuffled"), MODELS, examples)
    accuracy: dict[str, list[float]] = {f"{kind}.{name}.{count}": [] for kind, name, count in names}
    translated: dict[str, list[list[float]]] = {name: [] for name in MODELS}  # accuracies (seeds, shifts)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rows, order = balanced_order(y, rng), rng.permutation(x[0].size)
        test = {"plain": xt, "shuffled": shuffled(xt, order)}
        for name, build in MODELS.items():
            for count, steps in zip(examples, updates):
                subset = x[rows[:count]], y[rows[:count]]
                epochs = max(1, round(steps * batch_size / count))
                for kind in ("shuffled", "plain"):
                    images = subset[0] if kind == "plain" else shuffled(subset[0], order)
                    model = build(x.shape[1:], classes, seed, epochs * -(-count // batch_size))
                    training_kit.fit(model, (images, subset[1]), epochs, batch_size)
                    accuracy[f"{kind}.{name}.{count}"].append(_accuracy(model, (test[kind], yt)))
            # model is the last one trained: original pixels, largest training set
            translated[name].append([_shifted_accuracy(model, (xt, yt), shift) for shift in shifts])
    return {
        "examples": np.array(examples),
        "shifts": np.array(shifts),
        **{name: np.array(values) for name, values in accuracy.items()},
        **{
            key: values
            for name in MODELS
            for key, values in named(f"moved.{name}", shifts, np.transpose(translated[name])).items()
        },
        "picture.plain": xt[0, :, :, 0],
        "picture.moved": moved(xt[:1], 0, max(shifts))[0, :, :, 0],
        "picture.shuffled": shuffled(xt[:1], order)[0, :, :, 0],
    }


def _accuracy(model: nn.Sequential, split: Split) -> float:
    x, y = split
    return float(np.mean(model.predict(x, 500, verbose=0).argmax(axis=1) == y))


def _shifted_accuracy(model: nn.Sequential, split: Split, shift: int) -> float:
    """Return the accuracy on images shifted by some pixels, the mean over the four directions."""
    x, y = split
    directions = DIRECTIONS if shift else DIRECTIONS[:1]
    return float(np.mean([_accuracy(model, (moved(x, a * shift, b * shift), y)) for a, b in directions]))
