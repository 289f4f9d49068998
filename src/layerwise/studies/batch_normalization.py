"""Batch normalization: its gradient two ways, its running statistics, and what a network can bear with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.studies import deep_networks as deep
from layerwise.studies.inputs import Data, named

EPSILON = 1e-3
NETWORKS = {"plain": None, "batch": "batch", "layer": "layer"}


# --- forward and backward -------------------------------------------------------------------------------------------


def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float = EPSILON) -> dict[str, np.ndarray]:
    """Return every node of the computational graph of ``y = gamma (x − mean) / √(variance + epsilon) + beta``.

    ``x`` is ``(n, d)``; ``mean``, ``variance``, ``root``, ``inverse`` are ``(d,)``, ``centred``, ``squared``,
    ``normal`` and ``y`` ``(n, d)``.
    """
    mean = x.mean(axis=0)
    centred = x - mean
    squared = centred**2
    variance = squared.mean(axis=0)
    root = np.sqrt(variance + epsilon)
    inverse = 1 / root
    normal = centred * inverse
    return {
        **{"mean": mean, "centred": centred, "squared": squared, "variance": variance, "root": root},
        **{"inverse": inverse, "normal": normal, "y": gamma * normal + beta},
    }


def backward(dy: np.ndarray, gamma: np.ndarray, nodes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Go back through the graph of :func:`forward`, one node at a time: each gradient is the next times one slope."""
    n = len(dy)
    d_normal = dy * gamma
    d_inverse = (d_normal * nodes["centred"]).sum(axis=0)
    d_root = -d_inverse * nodes["inverse"] ** 2
    d_variance = d_root * nodes["inverse"] / 2
    d_squared = np.broadcast_to(d_variance / n, dy.shape)
    d_centred = d_normal * nodes["inverse"] + d_squared * 2 * nodes["centred"]  # it has two readers
    d_mean = -d_centred.sum(axis=0)
    return {
        **{"d_beta": dy.sum(axis=0), "d_gamma": (dy * nodes["normal"]).sum(axis=0), "d_normal": d_normal},
        **{"d_inverse": d_inverse, "d_root": d_root, "d_variance": d_variance, "d_squared": d_squared},
        **{"d_centred": d_centred, "d_mean": d_mean, "dx": d_centred + d_mean / n},
    }


def closed_form(dy: np.ndarray, gamma: np.ndarray, nodes: dict[str, np.ndarray]) -> np.ndarray:
    r"""Return dx in one line.

    .. math:: dx = \frac{\gamma}{n \sqrt{\sigma^2 + \epsilon}} (n\,dy − \sum dy − \hat x \sum dy\,\hat x)
    """
    normal = nodes["normal"]
    return gamma * nodes["inverse"] / len(dy) * (len(dy) * dy - dy.sum(axis=0) - normal * (dy * normal).sum(axis=0))


def derivation(data: Data, seeds: int = 10, examples: int = 20, units: int = 5, step: float = 1e-5) -> dict:
    """Go through batch normalization of four numbers node by node, and hold four ways to its gradient to each other.

    Returns
    -------
    dict
        ``x``, ``dy`` (4,), ``gamma``, ``beta``, and each node by its name; over random batches (seeds,) the largest
        differences ``gap.forward`` (graph and `nn.BatchNormalization`), ``gap.closed`` (closed form and graph),
        ``gap.layer`` (`nn` and graph, all three gradients), ``gap.differences`` (finite differences and graph).
    """
    x, dy = np.array([[1.0], [2.0], [4.0], [5.0]]), np.array([[1.0], [0.0], [-2.0], [0.5]])
    gamma, beta = np.array([2.0]), np.array([1.0])
    nodes = forward(x, gamma, beta)
    single = {"x": x, "dy": dy, "gamma": gamma, "beta": beta, **nodes, **backward(dy, gamma, nodes)}
    single["closed"] = closed_form(dy, gamma, nodes)

    gaps: dict[str, list[float]] = {name: [] for name in ("forward", "closed", "layer", "differences")}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, dy = rng.normal(3, 2, (examples, units)), rng.normal(size=(examples, units))
        gamma, beta = rng.normal(size=units), rng.normal(size=units)
        nodes = forward(x, gamma, beta)
        gradients = backward(dy, gamma, nodes)
        layer = nn.BatchNormalization(epsilon=EPSILON, dtype="float64")
        layer.build((None, units))
        layer.params["gamma"][...], layer.params["beta"][...] = gamma, beta
        gaps["forward"].append(_gap(layer.forward(x, training=True), nodes["y"]))
        pairs = [(layer.backward(dy), gradients["dx"])]
        pairs += [(layer.grads[name], gradients[f"d_{name}"]) for name in ("gamma", "beta")]
        gaps["layer"].append(max(_gap(ours, graph) for ours, graph in pairs))
        gaps["closed"].append(_gap(closed_form(dy, gamma, nodes), gradients["dx"]))
        measured = _differences(lambda z: float((forward(z, gamma, beta)["y"] * dy).sum()), x, step)  # noqa: B023
        gaps["differences"].append(_gap(measured, gradients["dx"]))
    return {**{name: array.reshape(-1) for name, array in single.items()}, **named("gap", gaps, gaps.values())}


def _gap(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).max())


def _differences(function: Callable[[np.ndarray], float], x: np.ndarray, step: float) -> np.ndarray:
    """Return the central difference of a function for each number of ``x``."""
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[index] = step
        slopes[index] = (function(x + nudge) - function(x - nudge)) / (2 * step)
    return slopes


# --- training and inference -----------------------------------------------------------------------------------------


def running_statistics(
    data: Data,
    momenta: Sequence[float] = (0.9, 0.99),
    width: int = 50,
    examples: int = 1000,
    steps: int = 400,
    every: int = 10,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with batch normalization and compare the statistics of batches with the running ones.

    Returns
    -------
    dict
        ``step`` (t,); for each momentum ``distance.…`` (seeds, t): how far the running mean of the first layer's units
        is from their mean over the training examples, in standard deviations; validation accuracies (seeds, t):
        ``running.…`` with running statistics, ``batch.…`` with those of the whole validation split; of the last
        network ``sorted_running``, ``sorted_batch`` (seeds,): on batches of one class each; ``alone`` (seeds,):
        largest change of an example's logits when its companions in the batch change, in inference.
    """
    splits = deep.narrow(data)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1
    result: dict[str, Any] = {}
    for momentum in momenta:
        looks, models = [], []
        for seed in range(seeds):
            x, y = deep.draw(splits["train"], examples, seed)
            stack = deep.layers([width, width], classes, norm="batch", momentum=momentum)
            recorder = deep.Steps(every, lambda model: _statistics(model, x, xv, yv))  # noqa: B023
            epochs = -(-steps * batch_size // len(x))
            models.append(deep.train(stack, (x, y), seed, nn.Adam(1e-3), epochs, batch_size, callbacks=[recorder]))
            looks.append(recorder.seen)
        result["step"] = np.array(recorder.at)
        for name, values in zip(("distance", "running", "batch"), np.moveaxis(np.array(looks), -1, 0)):
            result[f"{name}.{momentum:g}"] = values
    order = np.argsort(yv, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(yv[order])) + 1)
    return result | {
        "sorted_running": np.array([_by_group(groups, yv, lambda x, m=m: m(x), xv) for m in models]),
        "sorted_batch": np.array([_by_group(groups, yv, lambda x, m=m: with_batch(m, x), xv) for m in models]),
        "alone": np.array([_gap(deep.logits(m, xv[:20]), np.concatenate([m(xv[i : i + 1]) for i in range(20)]))
                           for m in models]),
    }  # fmt: skip


def with_batch(model: nn.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the outputs for one batch normalized by its own statistics, and leave the running ones as they were."""
    states = [(layer, {name: value.copy() for name, value in layer.state.items()}) for layer in model.layers]
    outputs = model(x, training=True)
    for layer, state in states:
        for name, value in state.items():
            layer.state[name][...] = value
    return outputs


def _statistics(model: nn.Sequential, x: np.ndarray, xv: np.ndarray, yv: np.ndarray) -> tuple[float, float, float]:
    z = x @ model.layers[0].params["kernel"]
    distance = np.abs(model.layers[1].state["moving_mean"] - z.mean(axis=0)) / z.std(axis=0)
    return (
        float(distance.mean()),
        deep.accuracy(deep.logits(model, xv), yv),
        deep.accuracy(with_batch(model, xv), yv),
    )


def _by_group(groups: Sequence[np.ndarray], y: np.ndarray, outputs: Callable, x: np.ndarray) -> float:
    """Return the accuracy of a model that is given one group of examples after the other."""
    return float(np.mean(np.concatenate([outputs(x[rows]).argmax(axis=1) == y[rows] for rows in groups])))


# --- the experiment of Ioffe and Szegedy ----------------------------------------------------------------------------


def sigmoid_network(
    data: Data,
    units: Sequence[int] = (100, 100, 100),
    steps: int = 50_000,
    every: int = 500,
    batch_size: int = 60,
    learning_rate: float = 0.5,
    deviation: float = 0.1,
    seeds: int = 5,
    probe: int = 500,
) -> dict[str, np.ndarray]:
    """Train three layers of sigmoid units with and without batch normalization (Ioffe & Szegedy 2015, section 4.1).

    Parameters
    ----------
    steps, every : int
        Steps of the training, and how many lie between two looks.
    deviation : float
        Standard deviation of the first weights; theirs were small, random and Gaussian.
    probe : int
        Validation examples whose inputs to the last hidden layer's units are watched.

    Returns
    -------
    dict
        ``step`` (t,); for ``plain`` and ``batch``: ``accuracy.…`` (seeds, t) on validation; ``input.…`` (t, 3): the
        15, 50 and 85 % quantiles of the input to one unit of the last hidden layer, first seed; ``drift.…`` (seeds,):
        range of a unit's median input over the training, in units of its final distance from the 15 to the 85 %
        quantile, mean over the units; ``early.…``, ``final.…`` (seeds,): accuracy after a
        tenth of the steps and at the end.
    """
    splits = deep.narrow(data)
    x, y = splits["train"]
    xv, yv = splits["validation"]
    epochs = -(-steps * batch_size // len(y))
    result: dict[str, Any] = {}
    for name in ("plain", "batch"):
        curves, quantiles = [], []
        for seed in range(seeds):
            stack = deep.layers(
                units,
                int(y.max()) + 1,
                "sigmoid",
                NETWORKS[name],
                initializer=nn.RandomNormal(stddev=deviation),
            )
            recorder = deep.Steps(every, lambda model: _inputs(model, xv, yv, probe))
            deep.train(stack, (x, y), seed, nn.SGD(learning_rate), epochs, batch_size, callbacks=[recorder])
            kept = [look for step, look in zip(recorder.at, recorder.seen) if step <= steps]
            curves.append([share for share, _ in kept])
            quantiles.append(np.array([inputs for _, inputs in kept]))
        at = np.array(recorder.at[: len(kept)])
        accuracy, inputs = np.array(curves), np.array(quantiles)  # (seeds, t), (seeds, t, 3, units)
        tenth = int(np.argmax(at >= steps / 10))
        spread = inputs[:, -1, 2] - inputs[:, -1, 0]
        result |= {
            "step": at,
            f"accuracy.{name}": accuracy,
            f"input.{name}": inputs[0, :, :, 0],
            f"drift.{name}": (np.ptp(inputs[:, :, 1], axis=1) / spread).mean(axis=1),
            f"early.{name}": accuracy[:, tenth],
            f"final.{name}": accuracy[:, -1],
        }
    return result


def _inputs(model: nn.Sequential, xv: np.ndarray, yv: np.ndarray, probe: int) -> tuple[float, np.ndarray]:
    """Return the validation accuracy, and three quantiles of the input to each unit of the last hidden layer."""
    z = xv[:probe]
    for layer in model.layers[:-2]:
        z = layer.forward(z)
    quantiles = np.quantile(z, [0.15, 0.5, 0.85], axis=0)
    return deep.accuracy(deep.logits(model, xv), yv), quantiles


# --- what a network can bear ----------------------------------------------------------------------------------------


def tolerance(
    data: Data,
    setting: str,
    values: Sequence[float],
    norms: Sequence[str] = ("plain", "batch"),
    units: Sequence[int] = (64, 64, 64),
    examples: int = 1000,
    epochs: int = 10,
    batch_size: int = 50,
    learning_rate: float = 0.1,
    enough: float = 0.8,
    memory: int = 500,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train ReLU networks by SGD over one setting, with and without normalization.

    Parameters
    ----------
    setting : {"learning_rate", "scale", "batch_size"}
        What ``values`` are: learning rates, factors of He's first weights, or examples in a batch.
    norms : sequence of {"plain", "batch", "layer"}
    enough : float
        Validation accuracy from which on a value counts as tolerated.
    memory : int
        Examples that the running statistics remember, however many there are in a batch.

    Returns
    -------
    dict
        ``values`` (v,); ``accuracy.<norm>`` (seeds, v) on validation; (seeds,): ``highest.<norm>``, the highest value
        tolerated, ``decades.<norm>``, how many factors of ten lie between the lowest and the highest, ``first.<norm>``
        and ``last.<norm>``, the accuracies at the ends.
    """
    splits = deep.narrow(data)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1
    result: dict[str, np.ndarray] = {"values": np.array(values)}
    for name in norms:
        table = np.zeros((seeds, len(values)))
        for seed in range(seeds):
            split = deep.draw(splits["train"], examples, seed)
            for k, value in enumerate(values):
                chosen = {"learning_rate": learning_rate, "scale": 1.0, "batch_size": batch_size, setting: value}
                start = nn.HeNormal()
                start.scale *= chosen["scale"] ** 2  # its variance is scale / fan in
                size = int(chosen["batch_size"])
                momentum = max(0.0, 1 - size / memory)
                stack = deep.layers(units, classes, norm=NETWORKS[name], momentum=momentum, initializer=start)
                model = deep.train(stack, split, seed, nn.SGD(float(chosen["learning_rate"])), epochs, size)
                table[seed, k] = deep.accuracy(deep.logits(model, xv), yv)
        borne = [np.array(values)[row >= enough] for row in table]
        result |= {
            f"accuracy.{name}": table,
            f"highest.{name}": np.array([kept.max() if len(kept) else 0.0 for kept in borne]),
            f"decades.{name}": np.array([np.log10(kept.max() / kept.min()) if len(kept) else 0.0 for kept in borne]),
            f"first.{name}": table[:, 0],
            f"last.{name}": table[:, -1],
        }
    return result


def residual_variance(
    data: Data, depth: int = 20, width: int = 100, examples: int = 500, seeds: int = 10
) -> dict[str, np.ndarray]:
    """Send noise through untrained stacks of residual blocks ``x + W relu(x)`` with He's weights.

    A block without normalization doubles the variance, as its branch carries as much as its input; with it the branch
    carries 1, so the variance grows by 1 a block, and deep blocks hardly change their input (De & Smith 2020).

    Returns
    -------
    dict
        ``variance.<stack>`` (seeds, depth + 1) for ``chain`` (no shortcut), ``residual`` and ``residual_batch``;
        ``factor.<stack>`` (seeds,): mean factor of a block; ``slope.<stack>`` (seeds,): mean variance that a block
        adds; ``share.<stack>`` (seeds,): part of the last block's output variance that the block added.
    """
    blocks: dict[str, Callable[[], list[nn.Layer]]] = {
        "chain": lambda: _branch(width, False),
        "residual": lambda: [nn.Residual(_branch(width, False))],
        "residual_batch": lambda: [nn.Residual(_branch(width, True))],
    }
    result: dict[str, np.ndarray] = {}
    for name, block in blocks.items():
        curves = []
        for seed in range(seeds):
            stack = [block() for _ in range(depth)]
            model = nn.Sequential([nn.Input((width,)), *[layer for part in stack for layer in part]], seed=seed)
            ends = {id(part[-1]) for part in stack}
            x = np.random.default_rng(seed).normal(size=(examples, width)).astype(np.float32)
            curve = [float(x.var())]
            for layer in model.layers:
                x = layer.forward(x, training=True)
                if id(layer) in ends:
                    curve.append(float(x.var()))
            curves.append(curve)
        variance = np.array(curves)
        growth = np.diff(variance, axis=1)
        result |= {
            f"variance.{name}": variance,
            f"factor.{name}": (variance[:, -1] / variance[:, 0]) ** (1 / depth),
            f"slope.{name}": growth.mean(axis=1),
            f"share.{name}": growth[:, -1] / variance[:, -1],
        }
    return result


def _branch(width: int, normalized: bool) -> list[nn.Layer]:
    first: list[nn.Layer] = [nn.BatchNormalization()] if normalized else []
    return [*first, nn.ReLU(), nn.Dense(width, use_bias=False, kernel_initializer="he_normal")]
