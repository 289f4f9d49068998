"""Classifiers and regressors in scikit-learn's way: two written out by hand, two over ``layerwise.nn``."""

from layerwise.estimators.logistic_regression import LogisticRegression
from layerwise.estimators.two_layer_network import TwoLayerNetwork

__all__ = ["LogisticRegression", "TwoLayerNetwork"]
