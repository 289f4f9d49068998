"""Display names of the activations."""

from __future__ import annotations

ACTIVATIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
