"""Trained networks as data of a widget: the layers that network.js can run."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise import nn
from layerwise.reporting.artifacts import Experiment
from layerwise.reporting.widgets import encode

INACTIVE = (nn.Dropout, nn.RandomApply)  # layers that change nothing outside training
ACTIVATIONS = ("relu", "tanh", "sigmoid")
MOST_PARAMETERS = 200_000  # 1 MB of base64


def layers(model: Any) -> list[dict[str, Any]]:
    """Return the layers of a trained network, each with its kind, title and weights.

    An activation is a layer of its own, and batch normalization is its factor and shift for each channel.

    Raises
    ------
    ValueError
        If network.js does not know a layer or its activation.
    """
    found: list[dict[str, Any]] = []
    for layer in model.layers:
        if isinstance(layer, INACTIVE):
            continue
        found.append(_layer(layer))
        if activation := _activation(layer):
            found.append({"kind": activation, "title": activation})
    return found


def _layer(layer: Any) -> dict[str, Any]:
    weights = layer.get_weights()
    if isinstance(layer, nn.Flatten):
        return {"kind": "flatten", "title": "Flatten"}
    if isinstance(layer, nn.ReLU):
        return {"kind": "relu", "title": "relu"}
    if isinstance(layer, nn.Dense):
        kernel, bias = _with_bias(weights)
        return {
            "kind": "dense", "title": f"Dense, {len(bias)} units", "kernel": encode(kernel), "bias": encode(bias)
        }  # fmt: skip
    if isinstance(layer, nn.Conv2D) and tuple(layer.dilation_rate) == (1, 1):
        kernel, bias = _with_bias(weights)
        title = f"Conv2D, {len(bias)} filters of {kernel.shape[0]} × {kernel.shape[1]}"
        return {
            "kind": "conv2d", "title": title, "kernel": encode(kernel), "bias": encode(bias),
            "strides": list(layer.strides), "padding": layer.padding,
        }  # fmt: skip
    if isinstance(layer, nn.MaxPooling2D) and layer.padding == "valid":
        size = list(layer.pool_size)
        title = f"MaxPooling2D, {size[0]} × {size[1]}"
        return {"kind": "maxpool", "title": title, "size": size, "strides": list(layer.strides)}
    if isinstance(layer, nn.BatchNormalization):
        gamma, beta, mean, variance = weights
        factor = gamma / np.sqrt(variance + layer.epsilon, dtype=gamma.dtype)
        return {
            "kind": "scale", "title": "BatchNormalization", "factor": encode(factor),
            "shift": encode(beta - mean * factor),
        }  # fmt: skip
    raise ValueError(f"layer '{layer.name}': network.js has no {type(layer).__name__} like this")


def _with_bias(weights: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    kernel = weights[0]
    return kernel, weights[1] if len(weights) > 1 else np.zeros(kernel.shape[-1], kernel.dtype)


def _activation(layer: Any) -> str | None:
    name = type(getattr(layer, "activation", None)).__name__.lower()
    if name in ("nonetype", "linear"):
        return None
    if name not in ACTIVATIONS:
        raise ValueError(f"layer '{layer.name}': network.js has no activation {name}")
    return name


def of_digits(experiments: Any) -> dict[str, Experiment]:
    """Return the first experiment without and with convolutions that network.js can run, by ``"MLP"`` and ``"CNN"``.

    Only NumPy models of digits of 28 × 28 pixels with at most `MOST_PARAMETERS` parameters and a hidden layer.
    """
    found: dict[str, Experiment] = {}
    for experiment in experiments:
        info = experiment.dataset.info
        if info["shape"] != [28, 28, 1] or info["class_names"] != [str(k) for k in range(10)]:
            continue
        if "numpy" not in experiment.backends or experiment.parameters > MOST_PARAMETERS:
            continue
        try:
            kinds = [layer["kind"] for layer in layers(experiment.model())]
        except ValueError:
            continue
        if "relu" in kinds:
            found.setdefault("CNN" if "conv2d" in kinds else "MLP", experiment)
    return found
