"""Gradient checks of every layer and loss."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports.inputs import Data

#: Every layer, with the shape of a small input batch.
LAYERS: dict[str, tuple[nn.Layer, tuple[int, ...]]] = {
    "Dense": (nn.Dense(4, "tanh"), (5, 6)),
    "Embedding": (nn.Embedding(7, 4), (5, 3)),
    "Conv1D": (nn.Conv1D(3, 3), (2, 8, 2)),
    "Conv2D": (nn.Conv2D(3, 3, padding="same", strides=2), (2, 6, 6, 2)),
    "MaxPooling1D": (nn.MaxPooling1D(2), (2, 6, 3)),
    "MaxPooling2D": (nn.MaxPooling2D(2), (2, 6, 6, 2)),
    "AveragePooling1D": (nn.AveragePooling1D(2), (2, 6, 3)),
    "AveragePooling2D": (nn.AveragePooling2D(2), (2, 6, 6, 2)),
    "GlobalMaxPooling1D": (nn.GlobalMaxPooling1D(), (2, 6, 3)),
    "GlobalMaxPooling2D": (nn.GlobalMaxPooling2D(), (2, 4, 4, 3)),
    "GlobalAveragePooling1D": (nn.GlobalAveragePooling1D(), (2, 6, 3)),
    "GlobalAveragePooling2D": (nn.GlobalAveragePooling2D(), (2, 4, 4, 3)),
    "ZeroPadding2D": (nn.ZeroPadding2D(1), (2, 4, 4, 2)),
    "SimpleRNN": (nn.SimpleRNN(4), (3, 5, 2)),
    "GRU": (nn.GRU(4), (3, 5, 2)),
    "LSTM": (nn.LSTM(4), (3, 5, 2)),
    "Bidirectional": (nn.Bidirectional(nn.LSTM(3)), (3, 5, 2)),
    "BatchNormalization": (nn.BatchNormalization(), (8, 5)),
    "LayerNormalization": (nn.LayerNormalization(), (4, 6)),
    "GroupNormalization": (nn.GroupNormalization(2), (3, 5, 4)),
    "Dropout": (nn.Dropout(0.4), (4, 6)),
    "GaussianNoise": (nn.GaussianNoise(0.3), (4, 6)),
    "ReLU": (nn.ReLU(), (4, 6)),
    "LeakyReLU": (nn.LeakyReLU(), (4, 6)),
    "ELU": (nn.ELU(), (4, 6)),
    "GELU": (nn.GELU(), (4, 6)),
    "Sigmoid": (nn.Sigmoid(), (4, 6)),
    "Tanh": (nn.Tanh(), (4, 6)),
    "Softplus": (nn.Softplus(), (4, 6)),
    "Softmax": (nn.Softmax(), (4, 6)),
    "Activation": (nn.Activation("tanh"), (4, 6)),
    "Flatten": (nn.Flatten(), (3, 4, 2)),
    "Reshape": (nn.Reshape((2, 4)), (3, 8)),
    "Permute": (nn.Permute((2, 1)), (3, 4, 2)),
    "RandomTranslation": (nn.RandomTranslation(0.3, 0.3), (2, 5, 5, 1)),
    "RandomRotation": (nn.RandomRotation(0.1), (2, 5, 5, 1)),
    "RandomZoom": (nn.RandomZoom(0.2), (2, 5, 5, 1)),
    "RandomFlip": (nn.RandomFlip(), (2, 5, 5, 1)),
    "RandomApply": (nn.RandomApply([nn.RandomFlip()]), (4, 5, 5, 1)),
    "RandomElasticTransform": (nn.RandomElasticTransform(), (2, 5, 5, 1)),
    "Parallel": (nn.Parallel([[nn.Dense(3, "tanh")], [nn.Dense(2)]]), (4, 6)),
    "Residual": (nn.Residual([nn.Dense(6, "tanh"), nn.Dense(6)]), (4, 6)),
}
#: Every loss, from logits where possible.
LOSSES: dict[str, nn.Loss] = {
    "MeanSquaredError": nn.MeanSquaredError(),
    "MeanAbsoluteError": nn.MeanAbsoluteError(),
    "Huber": nn.Huber(),
    "Hinge": nn.Hinge(),
    "BinaryCrossentropy": nn.BinaryCrossentropy(from_logits=True),
    "CategoricalCrossentropy": nn.CategoricalCrossentropy(from_logits=True),
    "SparseCategoricalCrossentropy": nn.SparseCategoricalCrossentropy(from_logits=True),
}


def run(data: Data, seed: int = 0) -> dict[str, np.ndarray]:
    """Compare the backward pass of every layer and loss with finite differences, in float64.

    Returns
    -------
    dict
        For each layer ``check.<layer>`` (4,), the number of arrays (weights and input) and of derivatives compared,
        the largest relative error, and whether all are correct; ``kept.<layer>`` (3,), the sizes of the input, of the
        output and of the values stored for the backward pass. ``loss.<loss>`` (4,) as ``check``. ``errors`` (layers +
        losses,), the largest relative errors, and ``wrong`` (1,), the number of wrong gradients.
    """
    rng = np.random.default_rng(seed)
    result, reports = {}, []
    for name, (layer, shape) in LAYERS.items():
        x = rng.integers(7, size=shape) if layer.integer_input else rng.normal(size=shape)
        layer = copy.deepcopy(layer)
        for part in layer.walk():
            part.rng = np.random.default_rng(seed)  # makes the initial weights reproducible
        y = layer(x, training=True)
        reports.append(nn.check_gradients(layer, x, samples=30, verbose=False))
        result[f"check.{name}"] = _summary(reports[-1])
        result[f"kept.{name}"] = np.array([x.size, y.size, kept(layer)])
    for name, loss in LOSSES.items():
        model = nn.Sequential([nn.Input((4,)), nn.Dense(3)], seed=seed)
        model.compile("sgd", loss)
        reports.append(nn.check_gradients(model, rng.normal(size=(6, 4)), _targets(name, rng), verbose=False))
        result[f"loss.{name}"] = _summary(reports[-1])
    result["errors"] = np.array([max(check.relative for check in report.checks) for report in reports])
    result["wrong"] = np.array([sum(len(report.wrong) for report in reports)])
    return result


def _summary(report: nn.GradientReport) -> np.ndarray:
    checks = report.checks
    entries, largest = sum(check.entries for check in checks), max(check.relative for check in checks)
    return np.array([len(checks), entries, largest, report.ok])


def _targets(loss: str, rng: np.random.Generator) -> np.ndarray:
    labels = rng.integers(3, size=6)
    if loss == "SparseCategoricalCrossentropy":
        return labels
    return rng.normal(size=(6, 3)) if loss.startswith(("Mean", "Huber")) else np.eye(3)[labels]


def kept(layer: nn.Layer) -> int:
    """Return the number of values, other than weights and gradients, that a layer stores for its backward pass.

    Views of the same array are counted once, with the size of that array.
    """
    weights = {id(_base(weight)) for weight in layer.weights}
    weights |= {id(_base(grad)) for part in layer.walk() for grad in part.grads.values()}
    sizes = {id(_base(array)): _base(array).size for part in layer.walk() for array in _arrays(vars(part))}
    return sum(size for key, size in sizes.items() if key not in weights)


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _arrays(part)


def _base(array: np.ndarray) -> np.ndarray:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
