"""Out-of-distribution detection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import ndimage
from scipy.special import log_softmax, logsumexp

from layerwise.evaluation.metrics import curve_areas
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained


def inverted(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Invert the gray levels."""
    return 1 - x


def shuffled_tiles(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut each image into 4 × 4 tiles and shuffle them: the strokes remain, the digit does not."""
    n, height, width, channels = x.shape
    tiles = x.reshape(n, 4, height // 4, 4, width // 4, channels).swapaxes(2, 3).reshape(n, 16, -1)
    shuffled = np.stack([image[rng.permutation(16)] for image in tiles])
    return shuffled.reshape(n, 4, 4, height // 4, width // 4, channels).swapaxes(2, 3).reshape(x.shape)


def static(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replace every pixel by one drawn at random from all pixels."""
    return rng.choice(x.ravel(), x.shape)


STRANGE: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    make.__name__: make for make in (inverted, shuffled_tiles, static)
}


def scores(logits: np.ndarray) -> dict[str, np.ndarray]:
    """Return three out-of-distribution scores ``(…, n)``, each higher for in-distribution examples.

    They are the logarithm of the largest probability (Hendrycks & Gimpel 2017), the negative entropy of the
    probabilities, and the negative energy, log Σ exp of the logits (Liu et al. 2020).
    """
    log_p = log_softmax(logits, axis=-1)
    return {
        "probability": log_p.max(axis=-1),
        "entropy": (np.exp(log_p) * log_p).sum(axis=-1),
        "energy": logsumexp(logits, axis=-1),
    }


def run(
    data: Data, runs: Mapping[str, Trained], strange: Sequence[str] = tuple(STRANGE), examples: int = 500, seed: int = 0
) -> dict[str, np.ndarray]:
    """Detect out-of-distribution images with trained classifiers.

    Parameters
    ----------
    data : mapping
        First, the dataset that the models were trained on; any others are out of distribution and resized to match.
    runs : mapping
        Models trained on the first dataset.
    strange : sequence of str
        Names in `STRANGE` of transformations of the test images that are also out of distribution.
    examples, seed : int
        Number of test images of each kind; seed of the tiles and the noise.

    Returns
    -------
    dict
        ``auroc.<kind>.<score>.<model>`` (runs,), the area under the ROC curve of a score of `scores`;
        ``sure.<kind>.<model>`` (runs,), the share of images with a probability above 0.9;
        ``density.<kind>.<model>`` (20,), the histogram of the largest probability, first run; ``picture.<kind>`` (4,
        height, width). The kind ``familiar`` stands for the original test images.
    """
    names = list(data)
    x = data[names[0]]["test"][0][:examples]
    rng = np.random.default_rng(seed)
    kinds = {"familiar": x} | {name: STRANGE[name](x, rng) for name in strange}
    kinds |= {name: fitted_in(data[name]["test"][0][:examples], x.shape[1:]) for name in names[1:]}
    result = {f"picture.{kind}": images[:4, :, :, 0] for kind, images in kinds.items()}
    for name, trained in runs.items():
        model = name.partition("/")[0]
        by_kind = {kind: scores(trained.outputs(images.astype(np.float32))) for kind, images in kinds.items()}
        for kind, by_score in by_kind.items():
            largest = np.exp(by_score["probability"])
            result[f"sure.{kind}.{model}"] = (largest > 0.9).mean(axis=1)
            result[f"density.{kind}.{model}"] = np.histogram(largest[0], 20, (0, 1))[0] / largest.shape[1]
            if kind == "familiar":
                continue
            truth = np.repeat([True, False], [len(x), largest.shape[1]])
            for score, values in by_score.items():
                both = np.concatenate([by_kind["familiar"][score], values], axis=1)
                result[f"auroc.{kind}.{score}.{model}"] = np.array([curve_areas(truth, run)[0] for run in both])
    return result


def fitted_in(images: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Resize images to fill the central 5/7 of a larger image, as in MNIST, and pad with zeros."""
    height, width, channels = shape
    gray = images.mean(axis=-1, keepdims=True) if images.shape[-1] != channels else images
    if gray.shape[1:3] == (height, width):
        return gray
    zoom = min(height / gray.shape[1], width / gray.shape[2]) * 5 / 7
    large = np.clip(ndimage.zoom(gray, (1, zoom, zoom, 1), order=1), 0, 1)
    top, left = (height - large.shape[1]) // 2, (width - large.shape[2]) // 2
    framed = np.zeros((len(large), *shape))
    framed[:, top : top + large.shape[1], left : left + large.shape[2]] = large
    return framed
