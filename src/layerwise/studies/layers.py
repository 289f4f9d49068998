"""How a layer works: one batch followed number by number, every gradient held to differences, softmax at its limits."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.studies.inputs import Data

#: Every layer that computes something, with the shape of a small batch for it.
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
#: Every loss, from logits where it can be.
LOSSES: dict[str, nn.Loss] = {
    "MeanSquaredError": nn.MeanSquaredError(),
    "MeanAbsoluteError": nn.MeanAbsoluteError(),
    "Huber": nn.Huber(),
    "Hinge": nn.Hinge(),
    "BinaryCrossentropy": nn.BinaryCrossentropy(from_logits=True),
    "CategoricalCrossentropy": nn.CategoricalCrossentropy(from_logits=True),
    "SparseCategoricalCrossentropy": nn.SparseCategoricalCrossentropy(from_logits=True),
}


def gradients(data: Data, seed: int = 0) -> dict[str, np.ndarray]:
    """Hold the backward pass of every layer and every loss to finite differences, in float64.

    Returns
    -------
    dict
        For each layer ``check.<layer>`` (4,): weights (and input) compared, single derivatives compared, largest
        relative error, and whether all are right; ``kept.<layer>`` (3,): numbers that go in, that come out, and that
        the layer holds from forward to backward. ``loss.<loss>`` (4,) as ``check``. ``errors`` (layers + losses,):
        the relative errors again, and ``wrong`` (1,): how many gradients are wrong.
    """
    rng = np.random.default_rng(seed)
    result, reports = {}, []
    for name, (layer, shape) in LAYERS.items():
        x = rng.integers(7, size=shape) if layer.integer_input else rng.normal(size=shape)
        layer = copy.deepcopy(layer)
        for part in layer.walk():
            part.rng = np.random.default_rng(seed)  # the same first weights each time
        y = layer(x, training=True)
        reports.append(nn.check_gradients(layer, x, samples=30, verbose=False))
        result[f"check.{name}"] = _summed(reports[-1])
        result[f"kept.{name}"] = np.array([x.size, y.size, kept(layer)])
    for name, loss in LOSSES.items():
        model = nn.Sequential([nn.Input((4,)), nn.Dense(3)], seed=seed)
        model.compile("sgd", loss)
        reports.append(nn.check_gradients(model, rng.normal(size=(6, 4)), _targets(name, rng), verbose=False))
        result[f"loss.{name}"] = _summed(reports[-1])
    result["errors"] = np.array([max(check.relative for check in report.checks) for report in reports])
    result["wrong"] = np.array([sum(len(report.wrong) for report in reports)])
    return result


def _summed(report: nn.GradientReport) -> np.ndarray:
    checks = report.checks
    entries, worst = sum(check.entries for check in checks), max(check.relative for check in checks)
    return np.array([len(checks), entries, worst, report.ok])


def _targets(loss: str, rng: np.random.Generator) -> np.ndarray:
    labels = rng.integers(3, size=6)
    if loss == "SparseCategoricalCrossentropy":
        return labels
    return rng.normal(size=(6, 3)) if loss.startswith(("Mean", "Huber")) else np.eye(3)[labels]


def kept(layer: nn.Layer) -> int:
    """Return how many numbers a layer holds from its forward to its backward pass, beside its weights.

    An array that is a view of another counts once, with the whole it is a view of.
    """
    weights = {id(_whole(weight)) for weight in layer.weights}
    weights |= {id(_whole(grad)) for part in layer.walk() for grad in part.grads.values()}
    held = {id(_whole(array)): _whole(array).size for part in layer.walk() for array in _arrays(vars(part))}
    return sum(size for key, size in held.items() if key not in weights)


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _arrays(part)


def _whole(array: np.ndarray) -> np.ndarray:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def one_batch(data: Data) -> dict[str, np.ndarray]:
    """Send two examples through a Dense layer with ReLU and back, and one example's scores through softmax.

    Returns
    -------
    dict
        Of the layer: ``x`` (2, 3), ``w`` (3, 2), ``b`` (2,), ``z``, ``y``, ``dy``, ``dz`` (2, 2), ``dw``, ``db``,
        ``dx`` as the equations have them, and ``layer_gap`` (1,), the largest difference to what ``nn.Dense`` computes.
        Of softmax: ``scores``, ``p``, ``error`` (3,) with p − y for the class ``target``, ``loss``, ``measured`` (3,),
        the finite differences of the loss, and ``softmax_gap`` (1,), how far p − y is from them.
        ``at`` (n,) with ``value.<activation>`` and ``slope.<activation>`` (n,), and ``steepest`` (3,): the largest
        slope of sigmoid, tanh and ReLU.
    """
    x = np.array([[1.0, 2.0, -1.0], [0.0, 1.0, 1.0]])
    w, b = np.array([[0.5, -1.0], [0.2, 0.4], [-0.3, 0.6]]), np.array([0.2, -0.2])
    dy = np.array([[1.0, -0.5], [0.4, 2.0]])
    z = x @ w + b
    y = np.maximum(z, 0)
    dz = np.where(z > 0, dy, 0)
    by_hand = {"dw": x.T @ dz, "db": dz.sum(axis=0), "dx": dz @ w.T}
    layer = nn.Dense(2, "relu", dtype="float64")
    layer.build((None, 3))
    layer.set_weights([w, b])
    computed = {"y": layer.forward(x), "dx": layer.backward(dy), "dw": layer.grads["kernel"], "db": layer.grads["bias"]}
    gap = max(np.abs(computed[name] - value).max() for name, value in {"y": y, **by_hand}.items())

    scores, target, step = np.array([2.0, 1.0, -1.0]), 1, 1e-6
    loss = nn.SparseCategoricalCrossentropy(from_logits=True)
    p = np.exp(scores) / np.exp(scores).sum()
    error = p - np.eye(3)[target]
    moves = step * np.eye(3)
    measured = np.array([loss([target], [scores + m]) - loss([target], [scores - m]) for m in moves]) / (2 * step)

    at = np.linspace(-5, 5, 201)
    result = {"x": x, "w": w, "b": b, "z": z, "y": y, "dy": dy, "dz": dz, **by_hand, "layer_gap": np.array([gap])}
    result |= {"scores": scores, "target": np.array(target), "p": p, "loss": np.array(-np.log(p[target]))}
    result |= {"error": error, "measured": measured, "softmax_gap": np.array([np.abs(error - measured).max()])}
    result["at"] = at
    for name in ("sigmoid", "tanh", "relu"):
        function = nn.activations.get(name)
        values = function.forward(at.copy())
        result |= {f"value.{name}": values, f"slope.{name}": function.backward(np.ones_like(at), at, values)}
    result["steepest"] = np.array([result[f"slope.{name}"].max() for name in ("sigmoid", "tanh", "relu")])
    return result


def overflow(
    data: Data,
    scales: Sequence[float] = (1, 3, 10, 30, 100, 300, 1000, 3000),
    examples: int = 200,
    classes: int = 10,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Compute the cross-entropy of ever larger scores in float32, as the formula is written and by log-sum-exp.

    Returns
    -------
    dict
        ``scale`` (s,), the spread of the scores; ``finite.naive``, ``finite.stable`` (seeds, s): share of examples
        with a finite loss; ``naive_at_100``, ``stable_at_3000`` (seeds,): the same at the scale 100 or next above,
        and at the last; ``error`` (seeds, s): largest error of log-sum-exp against float64, as a part of the
        largest score.
    """
    loss = nn.SparseCategoricalCrossentropy(from_logits=True)
    finite = {kind: np.zeros((seeds, len(scales))) for kind in ("naive", "stable")}
    error = np.zeros((seeds, len(scales)))
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        unit, labels = rng.normal(size=(examples, classes)), rng.integers(classes, size=examples)
        for i, scale in enumerate(scales):
            scores = (scale * unit).astype(np.float32)
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                e = np.exp(scores)
                naive = -np.log(e[np.arange(examples), labels] / e.sum(axis=1))
            stable = loss.values_and_slopes(labels, scores)[0]
            exact = loss.values_and_slopes(labels, scores.astype(np.float64))[0]
            finite["naive"][seed, i] = np.isfinite(naive).mean()
            finite["stable"][seed, i] = np.isfinite(stable).mean()
            error[seed, i] = np.abs(stable - exact).max() / np.abs(scores).max()
    large = int(np.searchsorted(scales, 100).clip(max=len(scales) - 1))
    return {
        "scale": np.array(scales, dtype=float),
        **{f"finite.{kind}": shares for kind, shares in finite.items()},
        "naive_large": finite["naive"][:, large],
        "stable_largest": finite["stable"][:, -1],
        "error": error,
    }
