"""The Keras backend: what :mod:`layerwise.experiments.run` asks of Keras. Its twin is ``numpy_backend``."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.experiments import batches, keras_applications, models
from layerwise.experiments.history import Recorder, Row
from layerwise.experiments.keras_import import keras, tf
from layerwise.experiments.keras_loops import loops_for, tensors
from layerwise.nn import keras_layers
from layerwise.pipeline.files import atomic, write_text

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
    keras.utils.clear_session(free_memory=False)  # layer names, and with them the saved bytes, start anew
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
    )
    model.seed = seed  # of the order of the examples
    return model


def fit(
    model: keras.Sequential,
    spec: Mapping[str, Any],
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
) -> list[Row]:
    """Train a model as the experiment says and return its history, one row an epoch."""
    recorder = _Recorder(spec["epochs"])
    wanted: list[keras.callbacks.Callback] = [recorder]
    if "early_stopping" in spec:
        wanted.append(keras.callbacks.EarlyStopping(**spec["early_stopping"], restore_best_weights=True))
    seen, held_out = tensors(*train), tensors(*validation)
    with loops_for(model) as loops:
        callbacks = keras.callbacks.CallbackList(wanted, model=loops.model)
        loops.model.stop_training = False
        callbacks.on_train_begin()
        for epoch, order in enumerate(batches.order(model.seed, len(train[0]), spec["epochs"])):
            callbacks.on_epoch_begin(epoch)
            logs = loops.train(seen, order, spec["batch_size"])
            held = loops.evaluate(held_out, 1024)
            callbacks.on_epoch_end(epoch, logs | {f"val_{name}": value for name, value in held.items()})
            if loops.model.stop_training or not math.isfinite(logs["loss"]):
                break
        loops.model.optimizer.finalize_variable_values(loops.model.trainable_weights)
        callbacks.on_train_end()
    return recorder.rows


def save(model: keras.Sequential, folder: Path) -> None:
    """Write ``model.weights.h5`` and ``model.json``, the same bytes each time, unlike ``.keras``."""
    with atomic(folder / "model.weights.h5") as temporary:
        model.save_weights(temporary)
    write_text(folder / "model.json", model.to_json(indent=1) + "\n")


def load(folder: Path) -> keras.Sequential:
    """Read a saved model, for prediction: an optimizer would cost more than the model."""
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    description.pop("compile_config", None)
    model = keras.models.model_from_json(json.dumps(description))
    model.load_weights(folder / "model.weights.h5")
    return model


def predict(model: keras.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the model's outputs, without the graph that ``model.predict`` traces first, unless that pays."""
    if any(isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) for layer in model.layers):
        return model.predict(x, batch_size=1024, verbose=0)  # op by op, a loop over time takes four times as long
    return np.concatenate([model(x[start : start + 1024], training=False).numpy() for start in range(0, len(x), 1024)])


def versions() -> dict[str, str]:
    """Return the versions of what this backend computes with."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__}
