"""A deep-learning framework in NumPy alone, with the names, defaults and shapes of Keras."""

from layerwise.nn import activations, config, initializers
from layerwise.nn.layers.base import Layer
from layerwise.nn.layers.core import Activation, Dense, Flatten, Input, Reshape
