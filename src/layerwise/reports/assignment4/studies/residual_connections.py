"""Residual connections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data

KINDS = ("plain", "residual")


def stack(depth: int, residual: bool, shape: tuple[int, ...], classes: int, filters: int, seed: int) -> nn.Sequential:
    """Build a network of ``depth`` 3 × 3 convolutions after a first one, each with batch normalization.

    The residual network has a shortcut around each pair of convolutions and otherwise equals the plain one (He et al.
    2016, figure 3).
    """

    def convolution(strides: int = 1) -> list[nn.Layer]:
        layer = nn.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal")
        return [layer, nn.BatchNormalization(momentum=0.9)]

    layers = [*convolution(strides=2), nn.ReLU()]
    for _ in range(depth // 2):
        pair = [*convolution(), nn.ReLU(), *convolution()]
        layers += [nn.Residual(pair), nn.ReLU()] if residual else [*pair, nn.ReLU()]
    layers += [nn.GlobalAveragePooling2D(), nn.Dense(classes)]
    return training_kit.classifier(layers, shape, seed, nn.Adam(0.01))


def gradient_norms(model: nn.Sequential, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient norm at each convolution's kernel ``(layers,)``, from the input to the output."""
    _, gradient = model.loss.value_and_gradient(y, model.forward(x, training=True))
    model.backward(gradient)
    return np.array([np.linalg.norm(layer.grads["kernel"]) for layer in model.walk() if isinstance(layer, nn.Conv2D)])


def run(
    data: Data,
    depths: Sequence[int] = (2, 8, 16, 32),
    filters: int = 8,
    examples: int = 300,
    epochs: int = 8,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train plain and residual stacks of increasing depth on the same images with the same hyperparameters.

    Returns
    -------
    dict
        ``depths``; ``loss.<kind>.<depth>`` (seeds, epochs): training loss; ``last.<kind>.<depth>`` (seeds,): training
        loss of the last epoch; ``norm.<kind>.<depth>`` (seeds, layers): gradient norm at each convolution's kernel
        before training; ``ratio.<kind>.<depth>`` (seeds,): its ratio, first convolution to last.
    """
    [(_, splits)] = data.items()
    x, y = splits["train"]
    x, y, classes = x[:examples], y[:examples], int(y.max()) + 1
    result: dict[str, np.ndarray] = {"depths": np.array(depths)}
    for kind in KINDS:
        for depth in depths:
            losses, norms = [], []
            for seed in range(seeds):
                model = stack(depth, kind == "residual", x.shape[1:], classes, filters, seed)
                norms.append(gradient_norms(model, x[:batch_size], y[:batch_size]))
                losses.append(training_kit.fit(model, (x, y), epochs, batch_size)["loss"])
            norm, loss = np.array(norms), np.array(losses)
            key = f"{kind}.{depth}"
            result |= {f"loss.{key}": loss, f"last.{key}": loss[:, -1], f"norm.{key}": norm}
            result[f"ratio.{key}"] = norm[:, 0] / norm[:, -1]
    return result
