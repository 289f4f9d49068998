"""Many multilayer perceptrons trained at once: the first axis of every array is the network.

A study that compares strengths of a method at several learning rates, over seeds, trains a hundred networks. The
arithmetic is that of `training_kit.train`, in float32, and so are the initial weights of a seed. A step of eight
networks takes half as long as eight steps of :class:`nn.Sequential`, because NumPy's call overhead occurs only once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from layerwise.nn.kernels.products import row_maxima
from layerwise.reports import training_kit
from layerwise.reports.inputs import Split

GROUP = 8  # networks of the studies' size whose arrays fit into the processor's cache
EPSILON = 1e-3  # added to the variance, as in nn.BatchNormalization
MOMENTUM = 0.9  # of the running statistics, as in training_kit.layers


class Setting(NamedTuple):
    """What may differ between the networks of a batch.

    Attributes
    ----------
    seed : int
        Seed of the training examples, their order, the initial weights and dropout.
    learning_rate : float
    scale : float
        Factor of the initial weights of the hidden layers (He's).
    dropout : float
        Probability of dropping a hidden unit.
    l1, l2 : float
        λ of the penalties λ Σ|w| and λ Σw² on the kernels.
    weight_decay : float
        δ of decoupled weight decay: each step first subtracts ηδw from each kernel weight w.
    label_smoothing : float
        Share of the target that is spread over all classes.
    """

    seed: int
    learning_rate: float
    scale: float = 1.0
    dropout: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0


class Networks:
    """Multilayer perceptrons with ReLU units, optionally normalized, that are trained together.

    Parameters
    ----------
    settings : sequence of Setting
    sizes : sequence of int
        Number of features, of hidden units in each layer, and of classes.
    norm : {None, "batch", "layer", "group"}
        Normalization before each ReLU.
    groups : int
        Number of groups of units for "group".
    momentum : float
        Momentum of the running statistics for "batch".

    Attributes
    ----------
    weights : ndarray, shape (networks, weights)
        All trainable weights; ``kernels``, ``biases`` (with a normalization: its β) and ``scales`` (its γ) are views, a
        list with ``(networks, fan_in, fan_out)`` or ``(networks, 1, units)`` for each layer.
    """

    def __init__(
        self,
        settings: Sequence[Setting],
        sizes: Sequence[int],
        norm: str | None = None,
        groups: int = 8,
        momentum: float = MOMENTUM,
    ) -> None:
        self.settings, self.norm, self.momentum = settings, norm, np.float32(momentum)
        self.groups = groups if norm == "group" else 1
        seeds, self.seed_of = np.unique([setting.seed for setting in settings], return_inverse=True)
        self.generators = [np.random.default_rng([seed, 1]) for seed in seeds]  # networks of a seed share the draws
        starts = [_initial(setting, sizes, norm) for setting in settings]
        shapes = [array.shape for array in starts[0]]
        self.weights = np.stack([np.concatenate([array.ravel() for array in start]) for start in starts])
        self.gradient = np.zeros_like(self.weights)
        self.kernels, self.biases, self.scales = _views(self.weights, shapes, len(sizes) - 1)
        self.d_kernels, self.d_biases, self.d_scales = _views(self.gradient, shapes, len(sizes) - 1)
        hidden = [(len(settings), 1, units) for units in sizes[1:-1]]
        self.means = [np.zeros(shape, np.float32) for shape in hidden]
        self.variances = [np.ones(shape, np.float32) for shape in hidden]
        self.penalties = {name: self.column(name) for name in ("l1", "l2") if any(self.column(name).ravel())}

    def column(self, name: str) -> np.ndarray:
        """Return one setting of all networks, shaped for arithmetic with arrays of any layer."""
        return np.array([getattr(s, name) for s in self.settings], np.float32).reshape(-1, 1, 1)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the logits ``(networks, n, classes)`` of examples ``(n, d)`` or ``(networks, n, d)``."""
        keep = 1 - self.column("dropout")
        dropping = bool((keep < 1).any())
        self.cache: list[Any] = []
        for i, kernel in enumerate(self.kernels[:-1]):
            z = x @ kernel
            normal = inverse = None
            if self.norm:
                normal, inverse = self._normalized(z, i, training)
                z = normal * self.scales[i]
            z += self.biases[i]
            if not training:
                x = np.maximum(z, 0, out=z)
                continue
            slope = (z > 0).astype(np.float32)
            if dropping:
                draws = np.stack([rng.random(z.shape[1:], dtype=np.float32) for rng in self.generators])[self.seed_of]
                slope *= (draws < keep).astype(np.float32)
                slope *= 1 / keep
            self.cache.append((x, normal, inverse, slope))
            x = np.multiply(z, slope, out=z)
        self.cache.append((x, None, None, None))
        return x @ self.kernels[-1] + self.biases[-1]

    def predict(self, x: np.ndarray, batch_size: int = 200) -> np.ndarray:
        """Return the logits ``(networks, n, classes)`` of examples ``(n, d)`` in inference mode."""
        parts = [self.forward(x[first : first + batch_size]) for first in range(0, len(x), batch_size)]
        return np.concatenate(parts, axis=1)

    def _normalized(self, z: np.ndarray, layer: int, training: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the normalized inputs of a layer and the inverse standard deviations; overwrites ``z``."""
        if self.norm == "batch" and not training:
            mean, variance = self.means[layer], self.variances[layer]
            z -= mean
        else:
            z = self._grouped(z)
            axis = 1 if self.norm == "batch" else -1
            mean = z.mean(axis=axis, keepdims=True)
            z -= mean
            variance = np.square(z).mean(axis=axis, keepdims=True)
        if self.norm == "batch" and training:
            self.means[layer] += (1 - self.momentum) * (mean - self.means[layer])
            self.variances[layer] += (1 - self.momentum) * (variance - self.variances[layer])
        inverse = 1 / np.sqrt(variance + np.float32(EPSILON))
        z *= inverse
        return z.reshape(*z.shape[:2], -1), inverse

    def _grouped(self, z: np.ndarray) -> np.ndarray:
        """Return units as ``(networks, n, groups, units per group)`` where the mean is over units."""
        return z if self.norm == "batch" else z.reshape(*z.shape[:2], self.groups, -1)

    def backward(self, dz: np.ndarray) -> None:
        """Write the gradients of all weights, from the gradient ``(networks, n, classes)`` at the logits."""
        for i in range(len(self.kernels) - 1, -1, -1):
            x, normal, inverse, slope = self.cache[i]
            if slope is not None:
                dz *= slope
            np.sum(dz, axis=1, keepdims=True, out=self.d_biases[i])
            if normal is not None:
                np.sum(dz * normal, axis=1, keepdims=True, out=self.d_scales[i])
                dz *= self.scales[i]
                axis = 1 if self.norm == "batch" else -1
                g, h = self._grouped(dz), self._grouped(normal)
                g = g - g.mean(axis=axis, keepdims=True) - h * (g * h).mean(axis=axis, keepdims=True)
                dz = (g * inverse).reshape(dz.shape)
            np.matmul(np.swapaxes(x, -1, -2), dz, out=self.d_kernels[i])
            if "l2" in self.penalties:
                self.d_kernels[i] += 2 * self.penalties["l2"] * self.kernels[i]
            if "l1" in self.penalties:
                self.d_kernels[i] += self.penalties["l1"] * np.sign(self.kernels[i])
            if i:
                dz = dz @ np.swapaxes(self.kernels[i], -1, -2)

    def loss_and_gradient(self, x: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Write the gradients at a batch into ``gradient``, and return the cross-entropies ``(networks,)``."""
        z = self.forward(x, training=True)
        z -= row_maxima(z)
        e = np.exp(z)
        total = e.sum(axis=-1, keepdims=True)
        losses = (np.log(total)[..., 0] - (z * targets).sum(axis=-1)).mean(axis=-1)
        self.backward((e / total - targets) / np.float32(x.shape[-2]))
        return losses


def _initial(setting: Setting, sizes: Sequence[int], norm: str | None) -> list[np.ndarray]:
    """Return kernels, then biases, then scales of the initial network of `training_kit` for a seed."""
    stack = training_kit.layers(sizes[1:-1], sizes[-1])
    kernels = training_kit.classifier(stack, sizes[:1], setting.seed).get_weights()[::2]
    kernels = [*(np.float32(setting.scale) * kernel for kernel in kernels[:-1]), kernels[-1]]
    biases = [np.zeros((1, units), np.float32) for units in sizes[1:]]
    return [*kernels, *biases, *(np.ones((1, units), np.float32) for units in (sizes[1:-1] if norm else []))]


def _views(weights: np.ndarray, shapes: Sequence[tuple[int, ...]], layers: int) -> tuple[list[np.ndarray], ...]:
    """Return views of all kernels, biases and scales."""
    parts = np.split(weights, np.cumsum([np.prod(shape) for shape in shapes])[:-1], axis=1)
    views = [part.reshape(len(weights), *shape) for part, shape in zip(parts, shapes)]  # splits the last axis: no copy
    return views[:layers], views[layers : 2 * layers], views[2 * layers :]


class Result(NamedTuple):
    """Networks after training; the first axis of every array is the setting.

    Attributes
    ----------
    logits : dict of ndarray, shape (settings, n, classes)
        Logits of each split in inference mode; not finite for a network that diverged.
    weights : ndarray, shape (settings, weights)
        Kernels of all layers.
    curves : ndarray, shape (settings, times, …)
        What ``look`` returned before training and after every ``every`` steps.
    """

    logits: dict[str, np.ndarray]
    weights: np.ndarray
    curves: np.ndarray


def train(
    splits: Mapping[str, Split],
    settings: Sequence[Setting],
    units: Sequence[int],
    examples: int,
    steps: int,
    batch_size: int = 50,
    norm: str | None = None,
    optimizer: str = "adam",
    momentum: float = MOMENTUM,
    look: Callable[[Networks], np.ndarray] | None = None,
    every: int = 100,
) -> Result:
    """Train one network for each setting; its learning rate falls to zero along a half cosine.

    Parameters
    ----------
    splits : mapping
        Examples ``(n, d)`` and classes of ``train``, and of the splits to predict.
    units : sequence of int
        Hidden units of each layer.
    examples : int
        Number of training examples, drawn by the seed of a setting, and at least the batch size.
    norm : {None, "batch", "layer", "group"}
    optimizer : {"adam", "sgd"}
    momentum : float
        Momentum of the running statistics of batch normalization.
    look : callable, optional
        Measures a group of networks during training: one row per network.
    """
    groups = [settings[first : first + GROUP] for first in range(0, len(settings), GROUP)]
    classes = int(splits["train"][1].max()) + 1
    parts = []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for group in groups:
            networks = Networks(group, [splits["train"][0].shape[1], *units, classes], norm, momentum=momentum)
            curves = []
            update = {"adam": _adam, "sgd": _sgd}[optimizer](networks)
            for step, batch in enumerate(batches(splits["train"], group, examples, steps, batch_size)):
                if look and step % every == 0:
                    curves.append(look(networks))
                networks.loss_and_gradient(*batch)
                update(math.cos(math.pi * step / steps) / 2 + 0.5)
            curves += [look(networks)] if look else []
            logits = {name: networks.predict(x) for name, (x, _) in splits.items()}
            weights = networks.weights[:, : sum(kernel[0].size for kernel in networks.kernels)]
            parts.append((logits, weights, np.stack(curves, axis=1) if look else np.zeros((len(group), 0))))
    logits = {name: np.concatenate([part[0][name] for part in parts]) for name in splits}
    return Result(logits, *(np.concatenate([part[i] for part in parts]) for i in (1, 2)))


def batches(
    split: Split, settings: Sequence[Setting], examples: int, steps: int, batch_size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the examples ``(networks, batch, d)`` and targets ``(networks, batch, classes)`` of each step.

    Networks of the same seed see the same examples in the same order; the order is new in each epoch.
    """
    x, y = split
    targets = np.eye(int(y.max()) + 1, dtype=np.float32)[y]
    smoothing = np.array([setting.label_smoothing for setting in settings], np.float32).reshape(-1, 1, 1)
    orders = np.stack([order(len(y), setting.seed, examples, steps, batch_size) for setting in settings])
    for rows in np.split(orders, steps, axis=1):
        t = targets[rows]
        yield x[rows], (1 - smoothing) * t + smoothing / np.float32(t.shape[-1]) if smoothing.any() else t


def order(count: int, seed: int, examples: int, steps: int, batch_size: int) -> np.ndarray:
    """Return the rows ``(steps · batch_size,)`` of the training split that a seed draws, epoch after epoch."""
    drawn = np.random.default_rng(seed).permutation(count)[:examples]  # as training_kit.draw
    rng = np.random.default_rng(seed)
    per_epoch = examples // batch_size * batch_size
    epochs = -(-steps * batch_size // per_epoch)
    return np.concatenate([drawn[rng.permutation(examples)[:per_epoch]] for _ in range(epochs)])[: steps * batch_size]


def _decay(networks: Networks, rate: np.ndarray) -> None:
    """Decay the kernels."""
    if any(setting.weight_decay for setting in networks.settings):
        for kernel in networks.kernels:
            kernel *= 1 - rate * networks.column("weight_decay")


def _sgd(networks: Networks) -> Callable[[float], None]:
    """Return a function that makes a step of SGD, given the factor of the learning rate."""

    def update(factor: float) -> None:
        rate = np.float32(factor) * networks.column("learning_rate")
        _decay(networks, rate)
        networks.weights -= rate[..., 0] * networks.gradient

    return update


def _adam(networks: Networks, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Callable:
    """Return a function that makes a step of Adam, given the factor of the learning rate.

    The moments are stored without the factors 1 − β, as in :class:`nn.Adam`.
    """
    m, v, scratch = (np.zeros_like(networks.weights) for _ in range(3))
    root = (1 - beta_2) ** 0.5
    step = 0

    def update(factor: float) -> None:
        nonlocal step
        step += 1
        rate = np.float32(factor) * networks.column("learning_rate")
        _decay(networks, rate)
        g = networks.gradient
        np.multiply(m, np.float32(beta_1), out=m)
        np.add(m, g, out=m)
        np.multiply(v, np.float32(beta_2), out=v)
        np.multiply(g, g, out=scratch)
        np.add(v, scratch, out=v)
        np.sqrt(v, out=scratch)
        np.add(scratch, np.float32(epsilon / root), out=scratch)
        np.divide(m, scratch, out=scratch)
        correction = (1 - beta_2**step) ** 0.5 / (1 - beta_1**step) * (1 - beta_1) / root
        np.multiply(scratch, rate[..., 0] * np.float32(correction), out=scratch)
        networks.weights -= scratch

    return update
