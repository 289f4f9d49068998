"""The NumPy backend of :mod:`layerwise.experiments.run`, using :mod:`layerwise.nn`; see also ``keras_backend``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layerwise import nn
from layerwise.experiments import models
from layerwise.experiments.history import Recorder, Row
from layerwise.nn.serialization import snake_case
from layerwise.pipeline.files import atomic, verified

NAMES = models.Names(
    layers=models.classes([nn], nn.Layer),
    losses=models.classes([nn], nn.Loss),
    optimizers=models.classes([nn], nn.Optimizer),
    parts=models.classes([nn], nn.Regularizer, nn.Initializer, nn.Constraint, nn.LearningRateSchedule),
    activations=frozenset(map(snake_case, nn.activations.ActivationFunction.registry)),
)


class _Recorder(Recorder, nn.Callback):
    """The recorder as a callback of :mod:`layerwise.nn`."""

    def learning_rate(self) -> float:
        """Return the current learning rate, evaluating a schedule."""
        return float(self.model.optimizer.current_learning_rate)


def build(
    spec: Mapping[str, Any],
    shape: tuple[int, ...],
    outputs: int,
    metric: str,
    seed: int,
    where: str,
    start: Path | None = None,
) -> nn.Sequential:
    """Build and compile the model of an experiment.

    Parameters
    ----------
    spec : mapping
        Specification of the experiment, of which ``model``, ``loss``, ``optimizer`` and ``start`` are used.
    shape : tuple of int
        Shape of one example.
    outputs : int
        Value of ``classes`` in the specification.
    metric : str
        Metric recorded in addition to the loss: ``"accuracy"`` or ``"mae"``.
    seed : int
        Seed of the initial weights, the shuffling and dropout.
    where : str
        Key of the experiment, for messages.
    start : Path, optional
        Run folder of the experiment named in ``spec["start"]``. Its weights are copied except for the last layer, and
        frozen if ``freeze`` is set.

    Raises
    ------
    ValueError
        If a name, an argument or a shape in the specification is invalid.
    """
    model = network(spec, shape, outputs, seed, where)
    if start is not None:
        for layer in models.take_over(model, load(start), spec["start"]["experiment"], where):
            if spec["start"].get("freeze"):
                for inner in layer.walk():
                    inner.trainable = False
    model.compile(models.optimizer(spec, NAMES, where), models.loss(spec, NAMES, where), metrics=[metric])
    return model


def network(spec: Mapping[str, Any], shape: tuple[int, ...], outputs: int, seed: int, where: str) -> nn.Sequential:
    """Return the model of an experiment with its initial weights, not compiled; parameters and errors as in `build`."""
    layers = [layer for _, layer in models.layers(spec, NAMES, outputs, where)]
    try:
        return nn.Sequential([nn.Input(shape), *layers], seed=seed)
    except ValueError as error:  # the message names the layer
        raise ValueError(f"{where}.model: {error}") from error


def fit(
    model: nn.Sequential,
    spec: Mapping[str, Any],
    train: tuple[np.ndarray, ...],
    validation: tuple[np.ndarray, ...],
) -> list[Row]:
    """Train a model as specified by the experiment and return its history, one row per epoch.

    ``train`` and ``validation`` are examples, targets and, optionally, the weight of each example.
    """
    recorder = _Recorder(spec["epochs"])
    callbacks: list[nn.Callback] = [recorder, nn.TerminateOnNaN()]
    if "early_stopping" in spec:
        callbacks.append(nn.EarlyStopping(**spec["early_stopping"], restore_best_weights=True))
    x, y, *weights = train
    model.fit(
        x,
        y,
        sample_weight=weights[0] if weights else None,
        batch_size=spec["batch_size"],
        epochs=spec["epochs"],
        validation_data=validation,
        callbacks=callbacks,
        verbose=0,
    )
    return recorder.rows


def save(model: nn.Sequential, folder: Path) -> None:
    """Write ``model.npz`` with architecture, weights and optimizer state."""
    with atomic(folder / "model.npz") as temporary:
        model.save(temporary)


def load(folder: Path) -> nn.Sequential:
    """Read a saved model."""
    return nn.load_model(verified(folder / "model.npz", "provenance.json"))


def predict(model: nn.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the model's outputs."""
    return model.predict(x, batch_size=1024, verbose=0)


def versions() -> dict[str, str]:
    """Return the versions of this backend's libraries besides NumPy: none."""
    return {}
