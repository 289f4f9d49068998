"""Forecasting: NumPy vs Keras."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained


def run(data: Data, runs: Mapping[str, Trained], epochs: int = 4, seeds: int = 3) -> dict[str, np.ndarray]:
    """Train the networks of some experiments in NumPy and in Keras, from the same weights and on the same batches.

    The order of the batches is fixed so that the losses can be compared; the runs of the experiments shuffle. All
    networks are trained in one process, as starting TensorFlow takes longer than the training.

    Returns
    -------
    dict
        ``loss.numpy.<experiment>`` and ``loss.keras.<experiment>`` (seeds, epochs); ``apart.<experiment>`` (seeds,),
        the largest relative difference of the two losses over the epochs.
    """
    from layerwise.experiments import numpy_backend
    from layerwise.experiments.keras_loops import Loops, tensors
    from layerwise.nn import to_keras

    result: dict[str, np.ndarray] = {}
    for name, trained in runs.items():
        experiment, spec = name.partition("/")[0], trained.spec
        x, y = data[trained.dataset["name"]]["train"]
        size, order = spec["batch_size"], np.arange(len(x))
        curves: dict[str, list[list[float]]] = {"numpy": [], "keras": []}
        loops = None
        for seed in range(seeds):
            numpy_model = numpy_backend.build(spec, x.shape[1:], y.shape[1], "mae", seed, experiment)
            if loops is None:  # compile once; later seeds reset the weights and the optimizer state
                keras_model = to_keras(numpy_model)
                keras_model.optimizer.build(keras_model.trainable_variables)
                initial_state = [variable.numpy() for variable in keras_model.optimizer.variables]
                loops = Loops(keras_model)
            keras_model.set_weights(numpy_model.get_weights())
            for variable, value in zip(keras_model.optimizer.variables, initial_state):
                variable.assign(value)
            history = numpy_model.fit(x, y, batch_size=size, epochs=epochs, shuffle=False, verbose=0).history
            curves["numpy"].append(history["loss"])
            curves["keras"].append([loops.train(tensors(x, y), order, size)["loss"] for _ in range(epochs)])
        numpy_loss, keras_loss = np.array(curves["numpy"]), np.array(curves["keras"])
        result |= {f"loss.numpy.{experiment}": numpy_loss, f"loss.keras.{experiment}": keras_loss}
        result[f"apart.{experiment}"] = np.max(np.abs(numpy_loss / keras_loss - 1), axis=1)
    return result
