"""Layers that :mod:`layerwise.nn` has and Keras has not, written for Keras."""
