"""Display names of the activations and datasets."""

from __future__ import annotations

ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
DATASETS = {
    "wine": "Wine (table)",
    "digits_table": "Digits (table)",
    "digits": "Digits (images)",
    "mnist5k": "MNIST-5k (images)",
}
