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
    """Add Gaussian noise with the given standard deviation to every pixel."""
    return np.clip(x + rng.normal(0, deviation, x.shape), 0, 1)


def blur(x: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Blur with a Gaussian of the given standard deviation."""
    return ndimage.gaussian_filter(x, (0, pixels, pixels, 0))


def rotation(x: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Rotate each image by the given angle, every second one in the opposite direction."""
    rotated = x.copy()
    for start, angle in ((0, degrees), (1, -degrees)):
        rotated[start::2] = ndimage.rotate(x[start::2], angle, axes=(1, 2), reshape=False, order=1)
    return np.clip(rotated, 0, 1)


def shift(x: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Shift the images by the given number of pixels, a quarter of them in each direction."""
    shifted = x.copy()
    for k, (axis, sign) in enumerate([(1, 1), (1, -1), (2, 1), (2, -1)]):
        offset = [0.0] * x.ndim
        offset[axis] = sign * pixels
        shifted[k::4] = ndimage.shift(x[k::4], offset, order=1)
    return shifted


SPOILED: dict[str, Change] = {change.__name__: change for change in (noise, blur, rotation, shift)}


def run(
    data: Data,
    runs: Mapping[str, Trained],
    severities: Mapping[str, Sequence[float]],
    examples: int = 500,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Evaluate trained models on test images with corruptions of increasing severity.

    Parameters
    ----------
    data : mapping
        One dataset of images; the first ``examples`` of its test split are used.
    runs : mapping
        Models trained on it.
    severities : mapping of str to sequence of float
        Severities for each corruption in `SPOILED`; 0, the original images, is prepended.
    examples, seed : int
        Number of test images; seed of the noise, which is the same for every model.

    Returns
    -------
    dict
        ``severity.<change>`` (s,); ``accuracy.<change>.<model>`` (runs, s); ``confidence.<change>.<model>`` (runs, s),
        the mean of the largest probability; ``last.<change>.<model>`` (runs,), the accuracy at the highest severity;
        ``excess.<change>.<model>`` (runs,), confidence minus accuracy at the highest severity; ``picture.<change>``
        (s, height, width), the first image.
    """
    [splits] = data.values()
    x, y = (array[:examples] for array in splits["test"])
    result: dict[str, np.ndarray] = {}
    for change, amounts in severities.items():
        corrupted = [x, *(SPOILED[change](x, amount, np.random.default_rng(seed)) for amount in amounts)]
        result |= {
            f"severity.{change}": np.array([0.0, *amounts]),
            f"picture.{change}": np.stack([images[0, :, :, 0] for images in corrupted]),
        }
        for name, trained in runs.items():
            logits = np.stack([trained.outputs(images.astype(np.float32)) for images in corrupted], axis=1)
            accuracy = (logits.argmax(axis=-1) == y).mean(axis=-1)
            confidence = np.exp(log_softmax(logits, axis=-1).max(axis=-1)).mean(axis=-1)
            model = name.partition("/")[0]
            result |= {
                f"accuracy.{change}.{model}": accuracy,
                f"last.{change}.{model}": accuracy[:, -1],
                f"confidence.{change}.{model}": confidence,
                f"excess.{change}.{model}": confidence[:, -1] - accuracy[:, -1],
            }
    return result
