"""Residual connections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data

#: Name of a stack → whether it has shortcuts, whether it has batch normalization.
TRAINED = {"plain": (False, True), "residual": (True, True)}
SHATTERED = {"plain": (False, False), "batch norm": (False, True), "residual": (True, True)}


def stack(depth: int, residual: bool, norm: bool, units: int) -> list[nn.Layer]:
    """Return a first layer and ``depth`` fully connected layers of ReLU units, in pairs.

    The residual network has a shortcut around each pair of layers and otherwise equals the plain one (He et al. 2016,
    figure 3). The moving averages of batch normalization are the statistics of the last batch.
    """

    def dense() -> list[nn.Layer]:
        layer = nn.Dense(units, use_bias=not norm, kernel_initializer="he_normal")
        return [layer, nn.BatchNormalization(momentum=0.0)] if norm else [layer]

    layers = [*dense(), nn.ReLU()]
    for _ in range(depth // 2):
        pair = [*dense(), nn.ReLU(), *dense()]
        layers += [nn.Residual(pair), nn.ReLU()] if residual else [*pair, nn.ReLU()]
    return layers


def gradient_norms(model: nn.Sequential, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient norm at the kernel of each layer of a stack ``(layers,)``, from the input to the output."""
    _, gradient = model.loss.value_and_gradient(y, model.forward(x, training=True))
    model.backward(gradient)
    *hidden, _ = (layer for layer in model.walk() if isinstance(layer, nn.Dense))
    return np.array([np.linalg.norm(layer.grads["kernel"]) for layer in hidden])


def autocorrelation(gradients: np.ndarray, lags: int) -> np.ndarray:
    """Return the autocorrelation of a sequence at the lags 0, 1, …, ``lags − 1`` ``(lags,)``."""
    centered = gradients - gradients.mean()
    n = len(centered)
    return np.array([centered[: n - lag] @ centered[lag:] for lag in range(lags)]) / (centered @ centered)


def input_gradients(depth: int, residual: bool, norm: bool, units: int, points: int, seed: int) -> np.ndarray:
    """Return the derivative of an untrained network's output at equidistant inputs from −2 to 2 ``(points,)``."""
    layers = [*stack(depth, residual, norm, units), nn.Dense(1, kernel_initializer="he_normal")]
    model = nn.Sequential([nn.Input((1,)), *layers], seed=seed, dtype="float64")
    # The biases of the first layer place the kinks of its units in the interval, where they would all be at zero.
    first = next(
        layer for layer in model.layers if isinstance(layer, nn.Dense | nn.BatchNormalization) and _bias(layer)
    )
    first.params[_bias(first)][...] = np.random.default_rng(seed).normal(size=units)
    x = np.linspace(-2, 2, points)[:, None]
    model.forward(x, training=True)  # the statistics of batch normalization, constants in the derivative below
    return model.backward(np.ones_like(model.forward(x)), input_gradient=True)[:, 0]


def _bias(layer: nn.Layer) -> str | None:
    return next((name for name in ("bias", "beta") if name in layer.params), None)


def run(
    data: Data,
    depths: Sequence[int] = (2, 8, 16, 32),
    units: int = 32,
    examples: int = 300,
    epochs: int = 50,
    batch_size: int = 100,
    learning_rate: float = 0.003,
    seeds: int = 5,
    shattered_depths: Sequence[int] = (2, 8, 24, 48),
    shattered_units: int = 100,
    points: int = 256,
    lags: int = 16,
    shattered_seeds: int = 10,
) -> dict[str, np.ndarray]:
    """Train plain and residual stacks of increasing depth until the loss no longer falls; measure shattered gradients.

    All stacks are trained on the same images with Adam, whose learning rate decays to zero along half a cosine.
    Gradients are *shattered* if the derivative of the output with respect to the input resembles white noise (Balduzzi
    et al. 2017): its autocorrelation is measured in untrained networks with one input.

    Parameters
    ----------
    depths, shattered_depths : sequence of int
        Layers in the stacks, after a first one.
    units, shattered_units : int
        Units in each layer.
    examples, epochs, batch_size, learning_rate, seeds
        Training of the stacks.
    points, lags, shattered_seeds : int
        Inputs from −2 to 2, lags of the autocorrelation, and number of networks.

    Returns
    -------
    dict
        ``depths``; ``loss.<kind>.<depth>`` (seeds, epochs): training loss; ``last.<kind>.<depth>`` (seeds,): training
        loss of the last epoch; ``change.<kind>.<depth>`` (seeds,): its mean over the last tenth of the epochs minus
        that over the tenth before; ``norm.<kind>.<depth>`` (seeds, layers): gradient norm at each layer's kernel before
        training; ``ratio.<kind>.<depth>`` (seeds,): its ratio, first layer to last. ``gradient.<kind>.<depth>``
        (points,): derivative of one untrained network, divided by its standard deviation;
        ``autocorrelation.<kind>.<depth>`` (shattered_seeds, lags); ``neighbors.<kind>.<depth>`` (shattered_seeds,):
        autocorrelation at lag 1.
    """
    [(_, splits)] = data.items()
    x, y = splits["train"]
    x, y, classes = x[:examples].reshape(examples, -1), y[:examples], int(y.max()) + 1
    x = (x - x.mean()) / x.std()
    result: dict[str, np.ndarray] = {"depths": np.array(depths)}
    steps, tenth = epochs * -(-examples // batch_size), max(1, epochs // 10)
    for kind, (residual, norm) in TRAINED.items():
        for depth in depths:
            losses, norms = [], []
            for seed in range(seeds):
                layers = [*stack(depth, residual, norm, units), nn.Dense(classes)]
                optimizer = nn.Adam(nn.CosineDecay(learning_rate, steps))
                model = training_kit.classifier(layers, x.shape[1:], seed, optimizer)
                norms.append(gradient_norms(model, x[:batch_size], y[:batch_size]))
                losses.append(training_kit.fit(model, (x, y), epochs, batch_size)["loss"])
            gradient_norm, loss = np.array(norms), np.array(losses)
            key = f"{kind}.{depth}"
            result |= {f"loss.{key}": loss, f"last.{key}": loss[:, -1], f"norm.{key}": gradient_norm}
            result[f"change.{key}"] = loss[:, -tenth:].mean(axis=1) - loss[:, -2 * tenth : -tenth].mean(axis=1)
            result[f"ratio.{key}"] = gradient_norm[:, 0] / gradient_norm[:, -1]
    for kind, (residual, norm) in SHATTERED.items():
        for depth in shattered_depths:
            gradients = [
                input_gradients(depth, residual, norm, shattered_units, points, seed) for seed in range(shattered_seeds)
            ]
            correlation = np.array([autocorrelation(gradient, lags) for gradient in gradients])
            key = f"{kind}.{depth}"
            result[f"gradient.{key}"] = gradients[0] / gradients[0].std()
            result |= {f"autocorrelation.{key}": correlation, f"neighbors.{key}": correlation[:, 1]}
    return result
