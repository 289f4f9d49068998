"""The Keras backend of :mod:`layerwise.experiments.run`, with the same interface as ``numpy_backend``."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.experiments import batches, keras_applications, models, numpy_backend
from layerwise.experiments.history import Recorder, Row
from layerwise.experiments.keras_import import keras, tf
from layerwise.experiments.keras_loops import loops_for, tensors
from layerwise.nn import keras_layers
from layerwise.pipeline.files import atomic, read_json, verified, write_text

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
    """The recorder as a Keras callback."""

    def learning_rate(self) -> float:
        """Return the current learning rate, evaluating a schedule."""
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
    """Build and compile the model of an experiment; parameters as in ``numpy_backend.build``."""
    keras.utils.clear_session(free_memory=False)  # reset the layer names, which are part of the saved files
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input(shape)])
    received: tuple[int | None, ...] = (None, *shape)
    for place, layer in models.layers(spec, NAMES, outputs, where):
        try:
            model.add(layer)
        except (TypeError, ValueError) as error:
            raise models.unfit(place, received, error) from error
        received = model.output_shape
    _share_initial_weights(model, spec, shape, outputs, seed, where)
    if start is not None:
        for layer in models.take_over(model, load(start), spec["start"]["experiment"], where):
            if spec["start"].get("freeze"):
                layer.trainable = False
    if metric == "accuracy" and outputs == 1:  # Keras would threshold a logit at 0.5
        threshold = 0.0 if spec["loss"].get("from_logits") else 0.5
        metric = keras.metrics.BinaryAccuracy(name="accuracy", threshold=threshold)
    model.compile(
        models.optimizer(spec, NAMES, where),
        models.loss(spec, NAMES, where),
        metrics=[metric],
    )
    model.seed = seed  # for the order of the examples
    return model


def _share_initial_weights(
    model: keras.Sequential, spec: Mapping[str, Any], shape: tuple[int, ...], outputs: int, seed: int, where: str
) -> None:
    """Start a model with the initial weights of the same seed in NumPy, if every layer of it exists there."""
    if models.layer_names(spec["model"]) <= set(numpy_backend.NAMES.layers):
        model.set_weights(numpy_backend.network(spec, shape, outputs, seed, where).get_weights())


def fit(
    model: keras.Sequential,
    spec: Mapping[str, Any],
    train: tuple[np.ndarray, ...],
    validation: tuple[np.ndarray, ...],
) -> list[Row]:
    """Train a model as specified by the experiment and return its history, one row per epoch.

    ``train`` and ``validation`` are examples, targets and, optionally, the weight of each example.
    """
    recorder = _Recorder(spec["epochs"])
    callback_list: list[keras.callbacks.Callback] = [recorder]
    if "early_stopping" in spec:
        callback_list.append(keras.callbacks.EarlyStopping(**spec["early_stopping"], restore_best_weights=True))
    train_data, validation_data = tensors(*train), tensors(*validation)
    with loops_for(model) as loops:
        callbacks = keras.callbacks.CallbackList(callback_list, model=loops.model)
        loops.model.stop_training = False
        callbacks.on_train_begin()
        for epoch, order in enumerate(batches.order(model.seed, len(train[0]), spec["epochs"])):
            callbacks.on_epoch_begin(epoch)
            logs = loops.train(train_data, order, spec["batch_size"])
            validation_logs = loops.evaluate(validation_data, 1024)
            callbacks.on_epoch_end(epoch, logs | {f"val_{name}": value for name, value in validation_logs.items()})
            if loops.model.stop_training or not math.isfinite(logs["loss"]):
                break
        loops.model.optimizer.finalize_variable_values(loops.model.trainable_weights)
        callbacks.on_train_end()
    return recorder.rows


def save(model: keras.Sequential, folder: Path) -> None:
    """Write ``model.weights.h5`` and ``model.json``, which are byte-reproducible, unlike ``.keras`` files."""
    with atomic(folder / "model.weights.h5") as temporary:
        model.save_weights(temporary)
    write_text(folder / "model.json", model.to_json(indent=1) + "\n")


def load(folder: Path) -> keras.Sequential:
    """Read a saved model for prediction, without its optimizer, which takes longer to load than the model."""
    description = read_json(verified(folder / "model.json", "provenance.json"))
    description.pop("compile_config", None)
    model = keras.models.model_from_json(json.dumps(description))
    model.load_weights(verified(folder / "model.weights.h5", "provenance.json"))
    return model


def predict(model: keras.Sequential, x: np.ndarray) -> np.ndarray:
    """Return the model's outputs, computed eagerly to avoid tracing a graph, except for recurrent models."""
    if any(isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) for layer in model.layers):
        return model.predict(x, batch_size=1024, verbose=0)  # eager loops over time take four times as long
    return np.concatenate([model(x[start : start + 1024], training=False).numpy() for start in range(0, len(x), 1024)])


def versions() -> dict[str, str]:
    """Return the versions of this backend's libraries."""
    return {"keras": keras.__version__, "tensorflow": tf.__version__}
