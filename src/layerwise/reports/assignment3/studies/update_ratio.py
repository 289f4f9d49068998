"""Update-to-weight ratio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import nn
from layerwise.reports.assignment3.shared import network, root_mean_square
from layerwise.reports.inputs import Data, only
from layerwise.reports.training_kit import fit


def run(
    data: Data,
    rates: Sequence[float] = (0.001, 0.1, 0.5),
    hidden: Sequence[int] = (64, 64),
    epochs: int = 15,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Record the update-to-weight ratio ‖ΔW‖ / ‖W‖ of each kernel at every step.

    Returns
    -------
    dict
        ``step`` (t,), one per epoch; ``ratio.<rate>.<layer>`` (seeds, t), the median over the steps of each epoch;
        ``loss.<rate>`` (seeds, t), the training loss; ``accuracy.<rate>`` (seeds,), the final validation accuracy.
    """
    splits = only(data, np.float32)
    train, validation = splits["train"], splits["validation"]
    steps = -(-len(train[0]) // 32)
    result: dict[str, np.ndarray] = {"step": steps * np.arange(1, epochs + 1)}
    for rate in rates:
        ratios, histories = [], []
        for seed in range(seeds):
            recorder = _Updates()
            model = network(*train, hidden, seed, nn.SGD(rate))
            histories.append(fit(model, train, epochs, validation=validation, callbacks=[recorder]))
            ratios.append(np.array(recorder.ratios).reshape(epochs, steps, -1))
        medians = np.median(ratios, axis=2)  # (seeds, epochs, layers)
        result |= {f"ratio.{rate}.{layer}": medians[..., layer] for layer in range(len(hidden) + 1)}
        result[f"loss.{rate}"] = np.array([history["loss"] for history in histories])
        result[f"accuracy.{rate}"] = np.array([history["val_accuracy"][-1] for history in histories])
    return result


class _Updates(nn.Callback):
    """Records the update-to-weight ratio of each kernel at every step."""

    def __init__(self) -> None:
        self.ratios: list[list[float]] = []

    def _kernels(self) -> list[np.ndarray]:
        return [layer.params["kernel"].copy() for layer in self.model.layers]

    def on_train_begin(self, logs=None):
        """See :meth:`Callback.on_train_begin`."""
        self.previous = self._kernels()

    def on_train_batch_end(self, batch, logs):
        """See :meth:`Callback.on_train_batch_end`."""
        kernels = self._kernels()
        pairs = zip(kernels, self.previous)
        self.ratios.append([root_mean_square(new - old) / root_mean_square(old) for new, old in pairs])
        self.previous = kernels
