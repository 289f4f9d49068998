"""Regularizers compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.evaluation.metrics import calibration_error
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data, Split, only

REMEDIES = ("none", "L2", "L1", "dropout", "label_smoothing", "early_stopping")


def run(
    data: Data,
    choices: dict[str, Sequence[float]],
    units: Sequence[int] = (100, 100),
    examples: int = 500,
    epochs: int = 40,
    batch_size: int = 50,
    patience: int = 5,
    seeds: int = 5,
) -> dict[str, np.ndarray]:
    """Train a network without and with five regularizers, choose their strengths on validation, and test them.

    Parameters
    ----------
    choices : mapping of str to sequence of float
        Candidate strengths of ``L2``, ``L1``, ``dropout`` and ``label_smoothing``.
    patience : int
        Epochs without a lower validation loss before early stopping.

    Returns
    -------
    dict
        ``chosen`` (regularizers,), the strengths in the order of `REMEDIES`; for each regularizer (seeds,):
        ``accuracy.…``, ``loss.…`` and ``ece.…`` (calibration error) on the test split, ``gap.…``, training minus test
        accuracy, and ``epochs.…`` trained.
    """
    splits = only(data, np.float32)
    xv, yv = splits["validation"]
    classes = int(yv.max()) + 1

    def trained(remedy: str, strength: float, seed: int) -> tuple[nn.Sequential, Split]:
        x, y = training_kit.draw(splits["train"], examples, seed)
        penalty = {"L1": nn.L1, "L2": nn.L2}.get(remedy)
        settings: dict[str, Any] = {"dropout": strength if remedy == "dropout" else 0.0}
        stack = training_kit.layers(units, classes, regularizer=penalty(strength) if penalty else None, **settings)
        smoothing = strength if remedy == "label_smoothing" else 0.0
        loss = nn.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
        early = [nn.EarlyStopping(patience=patience, restore_best_weights=True)] if remedy == "early_stopping" else []
        targets = np.eye(classes, dtype=np.float32)
        validation = (xv, targets[yv]) if early else None
        model = training_kit.train(
            stack, (x, targets[y]), seed, nn.Adam(1e-3), epochs, batch_size, validation, loss=loss, callbacks=early
        )
        return model, (x, y)

    result: dict[str, np.ndarray] = {}
    chosen = []
    for remedy in REMEDIES:
        strengths = list(choices.get(remedy, [0.0]))
        runs = [[trained(remedy, strength, seed) for seed in range(seeds)] for strength in strengths]
        losses = [
            np.mean([training_kit.cross_entropy(training_kit.logits(model, xv), yv) for model, _ in row])
            for row in runs
        ]
        best = int(np.argmin(losses))
        chosen.append(strengths[best])
        xt, yt = splits["test"]
        for model, (x, y) in runs[best]:
            z = training_kit.logits(model, xt)
            measured = {
                "accuracy": training_kit.accuracy(z, yt),
                "loss": training_kit.cross_entropy(z, yt),
                "ece": calibration_error(yt, training_kit.probabilities(z)),
                "gap": training_kit.accuracy(training_kit.logits(model, x), y) - training_kit.accuracy(z, yt),
                "epochs": float(len(model.history.epoch)),
            }
            for measure, value in measured.items():
                key = f"{measure}.{remedy}"
                result[key] = np.append(result.get(key, np.array([])), value)
    return {"chosen": np.array(chosen), **result}
