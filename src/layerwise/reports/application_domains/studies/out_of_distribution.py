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
    """Swap ink and paper."""
    return 1 - x


def shuffled_tiles(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut each picture into 4 × 4 tiles and lay them in another order: the same strokes, no digit."""
    n, height, width, channels = x.shape
    tiles = x.reshape(n, 4, height // 4, 4, width // 4, channels).swapaxes(2, 3).reshape(n, 16, -1)
    mixed = np.stack([picture[rng.permutation(16)] for picture in tiles])
    return mixed.reshape(n, 4, 4, height // 4, width // 4, channels).swapaxes(2, 3).reshape(x.shape)


def static(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw every pixel anew from all the pixels there are."""
    return rng.choice(x.ravel(), x.shape)


STRANGE: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    make.__name__: make for make in (inverted, shuffled_tiles, static)
}


def scores(logits: np.ndarray) -> dict[str, np.ndarray]:
    """Return how familiar examples look to a model, by three rules, each higher for what it knows ``(…, n)``.

    The largest probability (Hendrycks & Gimpel 2017), the negative entropy of the probabilities, and the negative
    energy, log Σ exp of the logits (Liu et al. 2020).
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
    """Tell test images of the classes that were learned from images of something else, by trained models alone.

    Parameters
    ----------
    data : mapping
        The dataset that the models learned, first; any others are strange to them, brought to the same size.
    runs : mapping
        Models trained on the first.
    strange : sequence of str
        Names of `STRANGE`: what is made of the test images themselves.
    examples, seed : int
        Test images of each kind, and what draws the tiles and the noise.

    Returns
    -------
    dict
        ``auroc.<kind>.<score>.<model>`` (runs,), the share of pairs of a familiar and a strange image that the score
        of `scores` puts in order; ``sure.<kind>.<model>`` (runs,), the share of images with a probability above 0.9,
        also of the kind ``familiar``; ``density.<kind>.<model>`` (t,), the histogram of the largest probability of
        the first run; ``picture.<kind>`` (4, height, width).
    """
    names = list(data)
    x = data[names[0]]["test"][0][:examples]
    rng = np.random.default_rng(seed)
    kinds = {"familiar": x} | {name: STRANGE[name](x, rng) for name in strange}
    kinds |= {name: fitted_in(data[name]["test"][0][:examples], x.shape[1:]) for name in names[1:]}
    result = {f"picture.{kind}": images[:4, :, :, 0] for kind, images in kinds.items()}
    for name, trained in runs.items():
        model = name.partition("/")[0]
        seen = {kind: scores(trained.outputs(images.astype(np.float32))) for kind, images in kinds.items()}
        for kind, found in seen.items():
            largest = np.exp(found["probability"])
            result[f"sure.{kind}.{model}"] = (largest > 0.9).mean(axis=1)
            result[f"density.{kind}.{model}"] = np.histogram(largest[0], 20, (0, 1))[0] / largest.shape[1]
            if kind == "familiar":
                continue
            truth = np.repeat([True, False], [len(x), largest.shape[1]])
            for score, values in found.items():
                pairs = np.concatenate([seen["familiar"][score], values], axis=1)
                result[f"auroc.{kind}.{score}.{model}"] = np.array([curve_areas(truth, run)[0] for run in pairs])
    return result


def fitted_in(images: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Bring images to another size: enlarged to fill the middle 5/7, as the digits of MNIST do, with zeros around."""
    height, width, channels = shape
    grey = images.mean(axis=-1, keepdims=True) if images.shape[-1] != channels else images
    if grey.shape[1:3] == (height, width):
        return grey
    zoom = min(height / grey.shape[1], width / grey.shape[2]) * 5 / 7
    large = np.clip(ndimage.zoom(grey, (1, zoom, zoom, 1), order=1), 0, 1)
    top, left = (height - large.shape[1]) // 2, (width - large.shape[2]) // 2
    framed = np.zeros((len(large), *shape))
    framed[:, top : top + large.shape[1], left : left + large.shape[2]] = large
    return framed
