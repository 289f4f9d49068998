"""Forecasting: NumPy vs Keras."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained


def run(data: Data, runs: Mapping[str, Trained], epochs: int = 4, seeds: int = 3) -> dict[str, np.ndarray]:
    """Train the networks of some experiments anew in NumPy and in Keras, from the same weights on the same batches.

    One process: starting TensorFlow takes longer than all these trainings. The order of the batches is fixed, so that
    every loss can be compared; the runs themselves shuffle.

    Returns
    -------
    dict
        For each experiment e: ``loss.numpy.e`` and ``loss.keras.e`` (seeds, epochs), and ``apart.e`` (seeds,), the
        largest relative difference of the two in any epoch.
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
            ours = numpy_backend.build(spec, x.shape[1:], y.shape[1], "mae", seed, experiment)
            if loops is None:  # Keras compiles a model once; later seeds give it their weights and a fresh optimizer
                other = to_keras(ours)
                other.optimizer.build(other.trainable_variables)
                fresh = [variable.numpy() for variable in other.optimizer.variables]
                loops = Loops(other)
            other.set_weights(ours.get_weights())
            for variable, value in zip(other.optimizer.variables, fresh):
                variable.assign(value)
            history = ours.fit(x, y, batch_size=size, epochs=epochs, shuffle=False, verbose=0).history
            curves["numpy"].append(history["loss"])
            curves["keras"].append([loops.train(tensors(x, y), order, size)["loss"] for _ in range(epochs)])
        first, second = np.array(curves["numpy"]), np.array(curves["keras"])
        result |= {f"loss.numpy.{experiment}": first, f"loss.keras.{experiment}": second}
        result[f"apart.{experiment}"] = np.max(np.abs(first / second - 1), axis=1)
    return result
