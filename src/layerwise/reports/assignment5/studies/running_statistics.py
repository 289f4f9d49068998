"""Running statistics of batch normalization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data, only


def run(
    data: Data,
    momenta: Sequence[float] = (0.9, 0.99),
    width: int = 50,
    examples: int = 1000,
    steps: int = 400,
    every: int = 10,
    batch_size: int = 50,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train with batch normalization and compare the running statistics with those of the batches.

    Returns
    -------
    dict
        ``step`` (t,); for each momentum: ``distance.…`` (seeds, t), the mean distance of the first layer's running
        means from the means over the training examples, in standard deviations; the validation accuracies
        ``running.…`` with running statistics and ``batch.…`` with those of the whole validation split (seeds, t). For
        the last momentum: ``sorted_running``, ``sorted_batch`` (seeds,), the accuracies on batches of a single class;
        ``alone`` (seeds,), the largest difference of an example's logits between inference alone and in a batch.
    """
    splits = only(data, np.float32)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1
    result: dict[str, Any] = {}
    for momentum in momenta:
        records, models = [], []
        for seed in range(seeds):
            x, y = training_kit.draw(splits["train"], examples, seed)
            stack = training_kit.layers([width, width], classes, norm="batch", momentum=momentum)
            recorder = training_kit.Steps(every, lambda model: _statistics(model, x, xv, yv))  # noqa: B023
            epochs = -(-steps * batch_size // len(x))
            models.append(
                training_kit.train(stack, (x, y), seed, nn.Adam(1e-3), epochs, batch_size, callbacks=[recorder])
            )
            records.append(recorder.seen)
        result["step"] = np.array(recorder.at)
        for name, values in zip(("distance", "running", "batch"), np.moveaxis(np.array(records), -1, 0)):
            result[f"{name}.{momentum:g}"] = values
    order = np.argsort(yv, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(yv[order])) + 1)
    few = xv[:20]
    alone = [np.concatenate([m(few[i : i + 1]) for i in range(len(few))]) for m in models]
    return result | {
        "sorted_running": np.array([_accuracy_by_group(groups, yv, lambda x, m=m: m(x), xv) for m in models]),
        "sorted_batch": np.array([_accuracy_by_group(groups, yv, lambda x, m=m: with_batch(m, x), xv) for m in models]),
        "alone": np.array([np.abs(training_kit.logits(m, few) - z).max() for m, z in zip(models, alone)]),
    }


def with_batch(model: nn.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the outputs for one batch normalized by its own statistics, without updating the running ones."""
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
        training_kit.accuracy(training_kit.logits(model, xv), yv),
        training_kit.accuracy(with_batch(model, xv), yv),
    )


def _accuracy_by_group(groups: Sequence[np.ndarray], y: np.ndarray, outputs: Callable, x: np.ndarray) -> float:
    """Return the accuracy of a model that gets one batch per group of examples."""
    return float(np.mean(np.concatenate([outputs(x[rows]).argmax(axis=1) == y[rows] for rows in groups])))
