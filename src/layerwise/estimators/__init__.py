"""Estimators with the scikit-learn API: two implemented by hand, two based on ``layerwise.nn``."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerwise.estimators.classifiers import LogisticRegression, TwoLayerNetwork
    from layerwise.estimators.neural_network import NeuralNetworkClassifier, NeuralNetworkRegressor

__all__ = ["LogisticRegression", "NeuralNetworkClassifier", "NeuralNetworkRegressor", "TwoLayerNetwork"]


def __getattr__(name):
    """Import a class on first access, so that scikit-learn and ``layerwise.nn`` are loaded only if needed."""
    if name in __all__:
        module = "neural_network" if name.startswith("NeuralNetwork") else "classifiers"
        return getattr(import_module(f"layerwise.estimators.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
