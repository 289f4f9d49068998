"""Attribution methods and helpers shared by the studies of interpretability."""

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
    """Return the method with its channels summed to one value per pixel."""
    return lambda model, x, target: method(model, x, target, **settings).sum(axis=-1)


def methods(samples: int = 15, steps: int = 32, size: int = 5, stride: int = 2) -> dict[str, Map]:
    """Return the attribution methods by name, functions ``(model, images, classes)`` → signed ``(n, height, width)``.

    Parameters
    ----------
    samples, steps : int
        Number of noisy copies in SmoothGrad, and of points in integrated gradients.
    size, stride : int
        Size and stride of the occluding window.
    """
    return {
        "gradient": _flat(interpret.saliency),
        "gradient_times_input": _flat(interpret.gradient_times_input),
        "SmoothGrad": _flat(interpret.smooth_gradient, samples=samples),
        "integrated_gradients": _flat(interpret.integrated_gradients, steps=steps),
        "guided_backpropagation": _flat(interpret.guided_backpropagation),
        "GradCAM": interpret.grad_cam,
        "HiResCAM": interpret.hires_cam,
        "occlusion": lambda model, x, target: interpret.occlusion(model, x, target, size=size, stride=stride),
    }


METHODS = methods()
#: Methods that measure sensitivity: their sign is the direction of change, so relevance is their absolute value.
SENSITIVITIES = ("gradient", "SmoothGrad", "guided_backpropagation")


def relevance(name: str, maps: np.ndarray) -> np.ndarray:
    """Return the relevance of each pixel according to a method's maps; the most relevant has the highest value."""
    return np.abs(maps) if name in SENSITIVITIES else maps


def contributions(name: str, maps: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the contribution of each pixel to the score, which is the gradient times the pixel for sensitivities."""
    return maps * x.sum(axis=-1) if name in SENSITIVITIES else maps


def ink(x: np.ndarray) -> np.ndarray:
    """Return which pixels of images ``(n, height, width, channels)`` are not blank, ``(n, height, width)``."""
    return x.sum(axis=-1) > 0


def split(data: Data, name: str = "test") -> tuple[np.ndarray, np.ndarray]:
    """Return images and classes of one split of the only dataset in random order, as some are sorted by class.

    Raises
    ------
    ValueError
        If the examples are not images ``(height, width, channels)``.
    """
    [(dataset, splits)] = data.items()
    x, y = splits[name]
    if x.ndim != 4:
        raise ValueError(
            f"dataset '{dataset}': the examples must be images (height, width, channels), got {x.shape[1:]}"
        )
    order = np.random.default_rng(0).permutation(len(y))
    return x[order], y[order]


def small_cnn(shape: tuple[int, ...], classes: int, seed: int) -> nn.Sequential:
    """Return a small convolutional network, compiled but not trained."""
    layers = [nn.Conv2D(8, 3, activation="relu"), nn.MaxPooling2D(2), nn.Flatten(), nn.Dense(32, activation="relu")]
    return training_kit.classifier([*layers, nn.Dense(classes)], shape, seed, nn.Adam(0.003))
