"""Classifiers and regressors in scikit-learn's way: two written out by hand, two over ``layerwise.nn``."""

from typing import TYPE_CHECKING

from layerwise.estimators.logistic_regression import LogisticRegression
from layerwise.estimators.two_layer_network import TwoLayerNetwork

if TYPE_CHECKING:
    from layerwise.estimators.neural_network import NeuralNetworkClassifier, NeuralNetworkRegressor

__all__ = ["LogisticRegression", "NeuralNetworkClassifier", "NeuralNetworkRegressor", "TwoLayerNetwork"]


def __getattr__(name):
    """Import what stands on ``layerwise.nn`` when it is asked for: what is written by hand does not depend on it."""
    if name in __all__:
        from layerwise.estimators import neural_network

        return getattr(neural_network, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
