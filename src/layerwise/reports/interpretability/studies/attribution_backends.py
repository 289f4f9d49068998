"""Attribution: NumPy vs Keras."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import METHODS, Runs, methods, split


def run(data: Data, runs: Runs, images: int = 20, noise: float = 0.05, within: float = 1e-4) -> dict[str, np.ndarray]:
    """Attribute with NumPy and, on the same weights, with Keras.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        NumPy runs of one experiment on it.
    images : int
        Test images, the first ones.
    noise : float
        Grey level of noise added to them. Without it many pooling windows hold equal values, and which of them is the
        largest, and gets the gradient, is settled by rounding.
    within : float
        Maps count as the same that are no further apart.

    Returns
    -------
    dict
        ``noisy.<method>``, ``plain.<method>`` (runs, images): how far the maps are apart, as a share of their length,
        with noise and without; ``same`` (runs,): share of all maps of noisy images that are within the limit;
        ``outputs`` (runs, images): the same distance of the scores; ``x``, ``numpy`` and ``keras`` (5, height, width):
        images and their integrated gradients in both, first run.
    """
    import layerwise.experiments.keras_import  # noqa: F401  # before to_keras imports Keras
    from layerwise.nn import to_keras

    x, _ = split(data)
    x = x[:images]
    noisy = x + np.float32(noise) * np.random.default_rng(0).random(x.shape, dtype=np.float32)
    [trained] = runs.values()
    quick = methods(samples=3, steps=8, size=7, stride=7)
    apart: dict[str, list[np.ndarray]] = {}
    kept: dict[str, np.ndarray] = {}
    for model in trained.models():
        twin = to_keras(model, compile=False)
        classes = interpret.probe(model).targets(x)
        scores = [interpret.probe(each).outputs(noisy) for each in (model, twin)]
        apart.setdefault("outputs", []).append(_apart(*scores))
        for name, method in quick.items():
            for kind, shown in (("noisy", noisy), ("plain", x)):
                both = [method(each, shown, classes) for each in (model, twin)]
                apart.setdefault(f"{kind}.{name}", []).append(_apart(*both))
                if (name, kind) == ("integrated_gradients", "noisy") and len(apart["outputs"]) == 1:
                    kept = {"x": x[:5].mean(axis=-1), "numpy": both[0][:5], "keras": both[1][:5]}
    stacked = {name: np.stack(values) for name, values in apart.items()}
    same = np.mean([stacked[f"noisy.{name}"] < within for name in METHODS], axis=(0, 2))
    return {**stacked, "same": same, **kept}


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return ‖first − second‖ / ‖first‖ for each example."""
    a, b = (array.reshape(len(array), -1).astype(float) for array in (first, second))
    return np.linalg.norm(a - b, axis=1) / np.maximum(np.linalg.norm(a, axis=1), 1e-12)
