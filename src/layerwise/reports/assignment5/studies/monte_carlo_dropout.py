"""Monte Carlo dropout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    unknown: Sequence[int] = (8, 9),
    rate: float = 0.5,
    width: int = 128,
    examples: int = 1500,
    epochs: int = 20,
    batch_size: int = 50,
    draws: int = 50,
    angles: Sequence[int] = (0, 30, 60, 90, 120, 150, 180),
    count: int = 300,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Keep dropout on at test time and use the spread of the predictions as uncertainty (Gal & Ghahramani 2016).

    Some classes are left out of training. Their images, images with shuffled pixels and images of a second dataset, if
    there is one, are out of distribution.

    Parameters
    ----------
    unknown : sequence of int
        Classes left out of training.
    draws : int
        Number of forward passes with dropout on.
    angles : sequence of int
        Angles in degrees by which test images of known classes are rotated.
    count : int
        Number of images of each kind.

    Returns
    -------
    dict
        Kinds are ``known``, ``unknown``, ``noise`` and, with two datasets, ``other``. ``entropy.<kind>`` and
        ``disagreement.<kind>`` (count,), in nats, first seed: entropy of the mean prediction, and the part of it due
        to the disagreement of the passes (mutual information; Houlsby et al. 2011). ``auc.<measure>.<kind>`` (seeds,):
        area under the ROC curve for detecting the kind among known images; the measures are ``entropy`` and
        ``disagreement`` with dropout on, and ``once``, the entropy of one pass without dropout.
        ``mean_entropy.<kind>`` (seeds,). ``accuracy.once``, ``accuracy.mean`` (seeds,) on known images. ``angles``
        (a,), ``turned.entropy``, ``turned.accuracy`` (seeds, a): of rotated images.
    """
    names = list(data)
    shape = data[names[0]]["test"][0].shape[1:3]
    splits = only({names[0]: data[names[0]]}, np.float32)
    kinds = ["unknown", "noise", *(["other"] if len(names) > 1 else [])]
    measures: dict[str, list[float]] = {}
    turned: dict[str, list[list[float]]] = {"entropy": [], "accuracy": []}
    result: dict[str, np.ndarray] = {"angles": np.array(angles)}
    classes = int(splits["train"][1].max()) + 1
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, y = splits["train"]
        known = ~np.isin(y, unknown)
        split = training_kit.draw((x[known], y[known]), examples, seed)
        model = training_kit.train(
            training_kit.layers([width, width], classes, dropout=rate), split, seed, nn.Adam(1e-3), epochs, batch_size
        )
        xt, yt = splits["test"]
        rows = np.flatnonzero(~np.isin(yt, unknown))[:count]
        images = {"known": xt[rows], "unknown": xt[np.isin(yt, unknown)][:count]}
        images["noise"] = rng.permuted(images["known"], axis=1)
        if "other" in kinds:
            images["other"] = data[names[1]]["test"][0][:count].reshape(count, -1).astype(np.float32)
        predictions = {kind: _predict(model, x, draws) for kind, x in images.items()}
        for kind, measured in predictions.items():
            measures.setdefault(f"mean_entropy.{kind}", []).append(float(measured["entropy"].mean()))
            if not seed:
                result |= {f"{key}.{kind}": measured[key] for key in ("entropy", "disagreement")}
        for kind in kinds:
            for key in ("entropy", "disagreement", "once"):
                auc = _auc(predictions[kind][key], predictions["known"][key])
                measures.setdefault(f"auc.{key}.{kind}", []).append(auc)
        measures.setdefault("accuracy.once", []).append(
            training_kit.accuracy(training_kit.logits(model, images["known"]), yt[rows])
        )
        measures.setdefault("accuracy.mean", []).append(training_kit.accuracy(predictions["known"]["mean"], yt[rows]))
        rotated = [_predict(model, _rotate(images["known"], shape, angle), draws) for angle in angles]
        turned["entropy"].append([float(prediction["entropy"].mean()) for prediction in rotated])
        turned["accuracy"].append([training_kit.accuracy(prediction["mean"], yt[rows]) for prediction in rotated])
    result |= {name: np.array(values) for name, values in measures.items()}
    return result | {f"turned.{name}": np.array(values) for name, values in turned.items()}


def _predict(model: nn.Sequential, x: np.ndarray, draws: int) -> dict[str, np.ndarray]:
    """Return the mean prediction ``(n, classes)``, its entropy, the disagreement, and the entropy without dropout."""
    p = np.stack([training_kit.probabilities(model(x, training=True)) for _ in range(draws)]).astype(float)
    mean = p.mean(axis=0)
    return {
        "mean": mean,
        "entropy": _entropy(mean),
        "disagreement": _entropy(mean) - _entropy(p).mean(axis=0),
        "once": _entropy(training_kit.probabilities(training_kit.logits(model, x)).astype(float)),
    }


def _entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log(np.maximum(p, 1e-12))).sum(axis=-1)


def _auc(unusual: np.ndarray, usual: np.ndarray) -> float:
    """Return the probability that an unusual image scores higher than a usual one; ties count one half."""
    order = np.sort(usual)
    below = np.searchsorted(order, unusual, "left"), np.searchsorted(order, unusual, "right")
    return float(np.mean(below) / len(order))


def _rotate(x: np.ndarray, shape: tuple[int, ...], angle: float) -> np.ndarray:
    """Rotate flat images of one channel clockwise about their center, with nearest-neighbor interpolation."""
    height, width = shape
    row, column = np.mgrid[:height, :width]
    row, column = row - (height - 1) / 2, column - (width - 1) / 2
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    source_row = np.rint(cosine * row - sine * column + (height - 1) / 2).astype(int)
    source_column = np.rint(sine * row + cosine * column + (width - 1) / 2).astype(int)
    inside = (source_row >= 0) & (source_row < height) & (source_column >= 0) & (source_column < width)
    images = x.reshape(len(x), height, width)
    rotated = images[:, np.where(inside, source_row, 0), np.where(inside, source_column, 0)] * inside
    return rotated.reshape(len(x), -1).astype(np.float32)
