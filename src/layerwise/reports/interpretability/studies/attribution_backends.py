"""Attribution: NumPy vs Keras."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs, methods, split


def run(data: Data, runs: Runs, images: int = 20, noise: float = 0.05) -> dict[str, np.ndarray]:
    """Compare attribution maps of NumPy models and of Keras models with the same weights.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        NumPy runs of one experiment on it.
    images : int
        Number of test images, taken from the start.
    noise : float
        Amplitude of uniform noise added to the images, in gray levels. Without it, many pooling windows contain equal
        values, and rounding decides which one is the maximum and gets the gradient.

    Returns
    -------
    dict
        ``noisy.<method>``, ``plain.<method>`` (runs, images): relative distance of the maps, with and without noise;
        ``outputs`` (runs, images): relative distance of the scores; ``x``, ``numpy`` and ``keras`` (5, height, width):
        images and their integrated gradients in both backends, first run.
    """
    import layerwise.experiments.keras_import  # noqa: F401  # before to_keras imports Keras
    from layerwise.nn import to_keras

    x, _ = split(data)
    x = x[:images]
    noisy = x + np.float32(noise) * np.random.default_rng(0).random(x.shape, dtype=np.float32)
    [trained] = runs.values()
    fast_methods = methods(samples=3, steps=8, size=7, stride=7)
    distances: dict[str, list[np.ndarray]] = {}
    first: dict[str, np.ndarray] = {}
    for model in trained.models():
        counterpart = to_keras(model, compile=False)
        classes = interpret.probe(model).targets(x)
        scores = [interpret.probe(each).outputs(noisy) for each in (model, counterpart)]
        distances.setdefault("outputs", []).append(_relative_distance(*scores))
        for name, method in fast_methods.items():
            for kind, inputs in (("noisy", noisy), ("plain", x)):
                both = [method(each, inputs, classes) for each in (model, counterpart)]
                distances.setdefault(f"{kind}.{name}", []).append(_relative_distance(*both))
                if (name, kind) == ("integrated_gradients", "noisy") and len(distances["outputs"]) == 1:
                    first = {"x": x[:5].mean(axis=-1), "numpy": both[0][:5], "keras": both[1][:5]}
    stacked = {name: np.stack(values) for name, values in distances.items()}
    return {**stacked, **first}


def _relative_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return ‖first − second‖ / ‖first‖ for each example, ``(n,)``."""
    a, b = (array.reshape(len(array), -1).astype(float) for array in (first, second))
    return np.linalg.norm(a - b, axis=1) / np.maximum(np.linalg.norm(a, axis=1), 1e-12)
