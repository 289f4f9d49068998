"""Display names of search methods and hyperparameters."""

from __future__ import annotations

METHODS = {
    "random": "random",
    "grid": "grid",
    "bayesian": "Bayesian",
    "tpe": "TPE",
    "hyperband": "Hyperband",
    "sobol": "Sobol",
}
PARAMETERS = {
    "optimizer.learning_rate": "learning rate",
    "optimizer.momentum": "momentum",
    "optimizer.name": "optimizer",
    "batch_size": "batch size",
    "model.1:3.repeat": "layers",
    "model.1.units": "units",
    "model.Dropout.rate": "dropout",
    "model.1.kernel_regularizer.l2": "L2",
}
ACCURACY = "validation accuracy"


def method(sweep: str) -> str:
    """Return the display name of a sweep's method, the last word of the sweep's name."""
    word = sweep.rpartition("_")[2]
    return METHODS.get(word, word)
