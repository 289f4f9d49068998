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
    """Follow, step by step, how far each kernel moves as a part of its own size: ‖ΔW‖ / ‖W‖.

    Returns
    -------
    dict
        ``step`` (t,), one an epoch; ``ratio.<rate>.<layer>`` (seeds, t), the median of each epoch's steps;
        ``decades.<rate>`` (seeds,), how many factors of ten the median of all of the first kernel's steps is away
        from 1/1000;
        ``loss.<rate>`` (seeds, t) of training, ``accuracy.<rate>`` (seeds,) on validation at the end.
    """
    splits = only(data, np.float32)
    train, validation = splits["train"], splits["validation"]
    steps = -(-len(train[0]) // 32)
    result: dict[str, np.ndarray] = {"step": steps * np.arange(1, epochs + 1)}
    for rate in rates:
        ratios, histories = [], []
        for seed in range(seeds):
            watch = _Updates()
            model = network(*train, hidden, seed, nn.SGD(rate))
            histories.append(fit(model, train, epochs, validation=validation, callbacks=[watch]))
            ratios.append(np.array(watch.found).reshape(epochs, steps, -1))
        medians = np.median(ratios, axis=2)  # (seeds, epochs, layers)
        result |= {f"ratio.{rate}.{layer}": medians[..., layer] for layer in range(len(hidden) + 1)}
        result[f"decades.{rate}"] = np.abs(np.log10(np.median(np.array(ratios)[..., 0], axis=(1, 2)) / 1e-3))
        result[f"loss.{rate}"] = np.array([history["loss"] for history in histories])
        result[f"accuracy.{rate}"] = np.array([history["val_accuracy"][-1] for history in histories])
    return result


class _Updates(nn.Callback):
    """Keeps, step by step, the size of each kernel's update as a part of the kernel's size."""

    def __init__(self) -> None:
        self.found: list[list[float]] = []

    def _kernels(self) -> list[np.ndarray]:
        return [layer.params["kernel"].copy() for layer in self.model.layers]

    def on_train_begin(self, logs=None):
        """See :meth:`Callback.on_train_begin`."""
        self.last = self._kernels()

    def on_train_batch_end(self, batch, logs):
        """See :meth:`Callback.on_train_batch_end`."""
        now = self._kernels()
        self.found.append([root_mean_square(new - old) / root_mean_square(old) for new, old in zip(now, self.last)])
        self.last = now
