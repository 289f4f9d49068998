"""Overfitting, early stopping and L2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise.reports.assignment2 import batched_networks
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    units: int = 100,
    strengths: Sequence[float] = (0.0, 0.0003, 0.001, 0.003, 0.01),
    seeds: int = 10,
    epochs: int = 2500,
    every: int = 25,
    learning_rate: float = 0.3,
) -> dict[str, np.ndarray]:
    """Train for many epochs, with and without L2, to find where the validation loss begins to rise.

    The penalty is ½ λ‖w‖²; Keras' L2 has half of this λ.

    Returns
    -------
    dict
        ``epoch`` (t,), ``strengths`` (s,); ``<split>.<λ>`` (seeds, t), the training and validation losses;
        ``test_accuracy`` (seeds, s), the test accuracies of the last epoch; ``turn`` (seeds,), the epoch of the lowest
        validation loss without a penalty; ``best`` (1,), the λ with the lowest final validation loss; and whether each
        test example is classified correctly (seeds, examples): ``correct.last`` without regularization,
        ``correct.stopped`` at the epoch ``turn``, ``correct.decayed`` with the λ ``best``.
    """
    splits = only(data, np.float32)
    classes = int(splits["train"][1].max()) + 1
    t = {name: batched_networks.targets(y, classes) for name, (_, y) in splits.items()}
    x, y = splits["train"][0], t["train"]
    at = np.arange(0, epochs + 1, every)
    result: dict[str, np.ndarray] = {"epoch": at, "strengths": np.array(strengths)}
    xt, yt = splits["test"]
    right = {}
    for strength in strengths:
        first = batched_networks.start([x.shape[1], units, y.shape[-1]], "glorot", range(seeds))
        losses: dict[str, list[np.ndarray]] = {"train": [], "validation": []}
        scores = []
        for epoch, parameters in batched_networks.train(first, x, y, learning_rate=learning_rate, l2=strength):
            if epoch % every == 0:
                for name, curve in losses.items():
                    z = batched_networks.activations(parameters, splits[name][0])[-1]
                    curve.append(batched_networks.cross_entropy(z, t[name]))
                p = batched_networks.probabilities(parameters, xt)
                scores.append((p > 0.5 if p.ndim == 2 else p.argmax(axis=-1)) == yt)
            if epoch == epochs:
                break
        result |= {f"{name}.{strength:g}": np.stack(curve, axis=1) for name, curve in losses.items()}
        right[strength] = np.stack(scores, axis=1).astype(np.uint8)  # (seeds, t, examples)
    ends = [result[f"validation.{strength:g}"][:, -1].mean() for strength in strengths]
    best, plain = strengths[int(np.argmin(ends))], strengths[0]
    turn = result[f"validation.{plain:g}"].argmin(axis=1)
    return result | {
        "test_accuracy": np.stack([right[strength][:, -1].mean(axis=-1) for strength in strengths], axis=1),
        "turn": at[turn],
        "best": np.array([best]),
        "correct.last": right[plain][:, -1],
        "correct.stopped": right[plain][np.arange(seeds), turn],
        "correct.decayed": right[best][:, -1],
    }
