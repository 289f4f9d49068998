"""Corruption robustness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import ndimage
from scipy.special import log_softmax

from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained

Change = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def noise(x: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of this standard deviation to every pixel."""
    return np.clip(x + rng.normal(0, deviation, x.shape), 0, 1)


def blur(x: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Blur with a Gaussian of this standard deviation."""
    return ndimage.gaussian_filter(x, (0, pixels, pixels, 0))


def rotation(x: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Turn each picture by this angle, every second one the other way."""
    turned = x.copy()
    for start, angle in ((0, degrees), (1, -degrees)):
        turned[start::2] = ndimage.rotate(x[start::2], angle, axes=(1, 2), reshape=False, order=1)
    return np.clip(turned, 0, 1)


def shift(x: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Move the pictures by this many pixels, a quarter of them each way."""
    moved = x.copy()
    for k, (axis, sign) in enumerate([(1, 1), (1, -1), (2, 1), (2, -1)]):
        way = [0.0] * x.ndim
        way[axis] = sign * pixels
        moved[k::4] = ndimage.shift(x[k::4], way, order=1)
    return moved


SPOILED: dict[str, Change] = {change.__name__: change for change in (noise, blur, rotation, shift)}


def run(
    data: Data,
    runs: Mapping[str, Trained],
    severities: Mapping[str, Sequence[float]],
    examples: int = 500,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Measure trained models on ever more spoiled test images.

    Parameters
    ----------
    data : mapping
        One dataset of images; of its test split the first ``examples`` are taken.
    runs : mapping
        Models trained on it.
    severities : mapping of str to sequence of float
        For each name of `SPOILED` how much; 0, the images as they are, is put first.
    examples, seed : int
        The seed draws the noise, the same for every model.

    Returns
    -------
    dict
        ``severity.<change>`` (s,); ``accuracy.<change>.<model>``, ``confidence.<change>.<model>`` (runs, s), the mean
        largest probability; ``last.<change>.<model>`` (runs,), the accuracy at the highest severity, and
        ``excess.<change>.<model>`` (runs,), by how much the confidence exceeds it there;
        ``picture.<change>`` (s, height, width), the first image.
    """
    [splits] = data.values()
    x, y = (array[:examples] for array in splits["test"])
    result: dict[str, np.ndarray] = {}
    for change, amounts in severities.items():
        spoiled = [x, *(SPOILED[change](x, amount, np.random.default_rng(seed)) for amount in amounts)]
        result |= {
            f"severity.{change}": np.array([0.0, *amounts]),
            f"picture.{change}": np.stack([images[0, :, :, 0] for images in spoiled]),
        }
        for name, trained in runs.items():
            logits = np.stack([trained.outputs(images.astype(np.float32)) for images in spoiled], axis=1)
            right = (logits.argmax(axis=-1) == y).mean(axis=-1)
            sure = np.exp(log_softmax(logits, axis=-1).max(axis=-1)).mean(axis=-1)
            model = name.partition("/")[0]
            result |= {
                f"accuracy.{change}.{model}": right,
                f"last.{change}.{model}": right[:, -1],
                f"confidence.{change}.{model}": sure,
                f"excess.{change}.{model}": sure[:, -1] - right[:, -1],
            }
    return result
