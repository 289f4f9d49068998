"""Ensembles and weight averaging."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from layerwise import nn
from layerwise.evaluation.metrics import calibration_error, log_losses
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained
from layerwise.reports.training_kit import LOSS, accuracy, probabilities

MEASURES = ("accuracy", "loss", "ece")


def run(
    data: Data, runs: Mapping[str, Trained], learning_rate: float = 0.3, epochs: int = 3, batch_size: int = 64
) -> dict[str, np.ndarray]:
    """Evaluate ensembles of trained networks, and averages of the weights of one network along its training.

    Parameters
    ----------
    data : mapping
        One dataset.
    runs : mapping
        The runs of one experiment on it, from different initial weights; their outputs are logits.
    learning_rate, epochs, batch_size
        Plain SGD with which each run is continued to collect weights.

    Returns
    -------
    dict
        For the measures accuracy, loss (mean cross-entropy) and ece (expected calibration error) on the test split:
        ``<measure>.ensemble.<m>`` (subsets,), of the mean probabilities of ``m`` runs, for all subsets of that size;
        ``<measure>.last`` and ``<measure>.average`` (runs,), of the last weights of the continued training and of the
        mean of the weights after each of its steps (stochastic weight averaging); ``<measure>.across`` (1,), of the
        mean of the weights of all runs.
    """
    [splits], [trained] = data.values(), runs.values()
    (x, y), (xt, yt) = splits["train"], splits["test"]
    models = list(trained.models())
    p = np.stack([probabilities(model.predict(xt, verbose=0).astype(np.float64)) for model in models])
    result: dict[str, np.ndarray] = {}
    for size in range(1, len(models) + 1):
        scores = [_scores(p[list(members)].mean(axis=0), yt) for members in combinations(range(len(models)), size)]
        result |= _named(f"ensemble.{size}", scores)

    across = nn.Sequential.from_config(models[0].get_config())
    across.build((None, *x.shape[1:]))
    across.set_weights([np.mean(arrays, axis=0) for arrays in zip(*(model.get_weights() for model in models))])
    result |= _named("across", [_evaluated(across, xt, yt)])
    last, average = [], []
    for model in models:
        model.compile(nn.SGD(learning_rate), LOSS)
        mean = RunningMean()
        model.fit(x, y, batch_size=batch_size, epochs=epochs, callbacks=[mean], verbose=0)
        last.append(_evaluated(model, xt, yt))
        model.set_weights(mean.weights)
        average.append(_evaluated(model, xt, yt))
    return {**result, **_named("last", last), **_named("average", average)}


class RunningMean(nn.Callback):
    """Keeps the mean of the weights after each step, in ``weights`` (Izmailov et al. 2018)."""

    def __init__(self) -> None:
        self.steps = 0
        self.weights: list[np.ndarray] = []

    def on_train_batch_end(self, batch, logs):
        """See :meth:`nn.Callback.on_train_batch_end`."""
        self.steps += 1
        weights = self.model.get_weights()
        if not self.weights:
            self.weights = [w.copy() for w in weights]
        for mean, w in zip(self.weights, weights):
            mean += (w - mean) / self.steps


def _named(kind: str, scores: list[tuple[float, float, float]]) -> dict[str, np.ndarray]:
    """Return ``<measure>.<kind>`` → values."""
    return {f"{measure}.{kind}": np.array(values) for measure, values in zip(MEASURES, zip(*scores))}


def _evaluated(model: nn.Sequential, x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    return _scores(probabilities(model.predict(x, verbose=0).astype(np.float64)), y)


def _scores(p: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    return accuracy(p, y), float(log_losses(y, p).mean()), calibration_error(y, p)
