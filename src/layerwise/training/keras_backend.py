"""The Keras backend: what :mod:`layerwise.training.run` asks of Keras. Its twin is ``numpy_backend``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from layerwise import models
from layerwise.files import atomic, write_text
from layerwise.nn import keras_layers
from layerwise.training import keras_applications
from layerwise.training.history import Recorder, Row

NAMES = models.Names(
    layers=models.classes([keras.layers, keras_layers, keras_applications], keras.Layer),
    losses=models.classes([keras.losses], keras.losses.Loss),
    optimizers=models.classes([keras.optimizers], keras.optimizers.Optimizer),
    parts=models.classes(
        [keras.regularizers, keras.initializers, keras.constraints, keras.optimizers.schedules],
        keras.regularizers.Regularizer,
        keras.initializers.Initializer,
        keras.constraints.Constraint,
        keras.optimizers.schedules.LearningRateSchedule,
    ),
    activations=frozenset(name for name, value in vars(keras.activations).items() if inspect.isfunction(value))
    - {"get", "serialize", "deserialize"},
)

tf.config.experimental.enable_op_determinism()


class _Recorder(Recorder, keras.callbacks.Callback):
    """The recorder as a callback of this backend."""

    def learning_rate(self) -> float:
        """Return the rate, of a schedule the present one."""
        return float(self.model.optimizer.learning_rate)


def build(
    spec: Mapping[str, Any],
    shape: tuple[int, ...],
    outputs: int,
    metric: str,
    seed: int,
    where: str,
    start: Path | None = None,
) -> keras.Sequential:
    """Build and compile the model of an experiment; see the NumPy twin for the parameters."""
    keras.utils.clear_session()  # layer names, and with them the saved bytes, start anew
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input(shape)])
    received: tuple[int | None, ...] = (None, *shape)
    for place, layer in models.layers(spec, NAMES, outputs, where):
        try:
            model.add(layer)
        except (TypeError, ValueError) as error:
            raise models.unfit(place, received, error) from error
        received = model.output_shape
    if start is not None:
        for layer in models.take_over(model, load(start), spec["start"]["experiment"], where):
            if spec["start"].get("freeze"):
                layer.trainable = False
    if metric == "accuracy" and outputs == 1:  # Keras would compare a logit with 0.5
        threshold = 0.0 if spec["loss"].get("from_logits") else 0.5
        metric = keras.metrics.BinaryAccuracy(name="accuracy", threshold=threshold)
    model.compile(
        models.optimizer(spec, NAMES, where),
        models.loss(spec, NAMES, where),
        metrics=[metric],
        steps_per_execution=8,  # the same steps with fewer calls: a sixth of the time of a small model
    )
    return model


def fit(
    model: keras.Sequential,
    spec: Mapping[str, Any],
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
) -> list[Row]:
    """Train a model as the experiment says and return its history, one row an epoch."""
    recorder = _Recorder(spec["epochs"])
    callbacks: list[keras.callbacks.Callback] = [recorder, keras.callbacks.TerminateOnNaN()]
    if "early_stopping" in spec:
        callbacks.append(keras.callbacks.EarlyStopping(**spec["early_stopping"], restore_best_weights=True))
    model.fit(
        *train,
        batch_size=spec["batch_size"],
        epochs=spec["epochs"],
        validation_data=validation,
        validation_batch_size=1024,
        callbacks=callbacks,
        verbose=0,
    )
    return recorder.rows


def save(model: keras.Sequential, folder: Path) -> None:
    """Write ``model.weights.h5`` and ``model.json``, the same bytes each time, unlike ``.keras``."""
    with atomic(folder / "model.weights.h5") as temporary:
        model.save_weights(temporary)
    write_text(folder / "model.json", model.to_json(indent=1) + "\n")


def load(folder: Path) -> keras.Sequential:
    """Read a saved model, for prediction."""
    model = keras.models.model_from_json((folder / "model.json").read_text(encoding="utf-8"))
    model.load_weights(folder / "model.weights.h5")
    return model


def predict(model: keras.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the model's outputs."""
    return model.predict(x, batch_size=1024, verbose=0)


def versions() -> dict[str, str]:
    """Return the versions of what this backend computes with."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__}
