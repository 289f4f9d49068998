"""The attribution methods that the studies compare, and what else they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from layerwise import interpret, nn
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained

Runs = Mapping[str, Trained]
Map = Callable[..., np.ndarray]


def _flat(method: Map, **settings: Any) -> Map:
    """Return the method with its channels summed: a number a pixel."""
    return lambda model, x, target: method(model, x, target, **settings).sum(axis=-1)


def methods(samples: int = 15, steps: int = 32, size: int = 5, stride: int = 2) -> dict[str, Map]:
    """Return each method as it is compared and drawn: ``(model, images, classes)`` → ``(n, height, width)``, signed.

    Parameters
    ----------
    samples, steps : int
        Of SmoothGrad and of integrated gradients.
    size, stride : int
        Of the window that covers.
    """
    return {
        "gradient": _flat(interpret.saliency),
        "gradient_times_input": _flat(interpret.gradient_times_input),
        "SmoothGrad": _flat(interpret.smooth_gradient, samples=samples),
        "integrated_gradients": _flat(interpret.integrated_gradients, steps=steps),
        "guided_backpropagation": _flat(interpret.guided_backpropagation),
        "GradCAM": interpret.grad_cam,
        "occlusion": lambda model, x, target: interpret.occlusion(model, x, target, size=size, stride=stride),
    }


METHODS = methods()
#: Methods whose sign says in which direction to move a pixel, not what it contributed: their size is their relevance.
SENSITIVITIES = ("gradient", "SmoothGrad", "guided_backpropagation")


def relevance(name: str, found: np.ndarray) -> np.ndarray:
    """Return a method's map as a ranking of pixels, the most relevant with the highest number."""
    return np.abs(found) if name in SENSITIVITIES else found


def split(data: Data, name: str = "test") -> tuple[np.ndarray, np.ndarray]:
    """Return images and classes of one split of the only dataset, in a random order: some come sorted by class."""
    [(dataset, splits)] = data.items()
    x, y = splits[name]
    if x.ndim != 4:
        raise ValueError(f"dataset '{dataset}': its examples have shape {x.shape[1:]}; this study is about images")
    order = np.random.default_rng(0).permutation(len(y))
    return x[order], y[order]


def small_cnn(shape: tuple[int, ...], classes: int, seed: int) -> nn.Sequential:
    """Return a small convolutional network, not trained yet."""
    layers = [nn.Conv2D(8, 3, activation="relu"), nn.MaxPooling2D(2), nn.Flatten(), nn.Dense(32, activation="relu")]
    return training_kit.classifier([*layers, nn.Dense(classes)], shape, seed, nn.Adam(0.003))
