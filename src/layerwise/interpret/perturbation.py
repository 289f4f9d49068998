"""Perturbation methods: how a score changes when part of the input is occluded, shuffled or varied."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from layerwise.interpret.probes import at, probe


def occlusion(
    model: Any,
    x: np.ndarray,
    target: Any = None,
    size: int = 3,
    stride: int = 1,
    value: Any = 0.0,
) -> np.ndarray:
    """Return the mean decrease of the score when a window over each position is occluded.

    Zeiler & Fergus 2014, *Visualizing and understanding convolutional networks*, section 4.2.

    Parameters
    ----------
    model, target
        As in :func:`saliency`.
    x : ndarray
        Images ``(n, height, width, channels)`` or series ``(n, steps, channels)``; for tables and words ``(n, d)``,
        the columns are the positions.
    size, stride : int
        Side length of the window, and step between windows.
    value : float or ndarray
        Value of the occluded positions: a number, or an array that broadcasts to ``x``, such as the mean of the
        training examples; for words, the index of the padding word.

    Returns
    -------
    ndarray of shape (n, height, width), (n, steps) or (n, d)
        Mean decrease of the score over the windows that cover a position.

    Raises
    ------
    ValueError
        If the window is larger than the input, and as in :func:`saliency`.
    """
    whole, x, classes = at(model, x, target, None)
    shape = x.shape[1:-1] if x.ndim > 2 else x.shape[1:]
    if not 1 <= size <= min(shape) or stride < 1:
        raise ValueError(
            f"occlusion: size must be an integer from 1 to {min(shape)} and stride an integer ≥ 1, got size {size} "
            f"and stride {stride}"
        )
    fill = np.broadcast_to(np.asarray(value, dtype=x.dtype), x.shape)
    original_score = whole.score(x, classes)
    decrease, windows = np.zeros((len(x), *shape)), np.zeros(shape)
    for corner in product(*(_window_starts(length, size, stride) for length in shape)):
        window = (slice(None), *(slice(start, start + size) for start in corner))
        occluded = x.copy()
        occluded[window] = fill[window]
        decrease[window] += (original_score - whole.score(occluded, classes)).reshape(-1, *[1] * len(shape))
        windows[window[1:]] += 1
    return decrease / windows


def _window_starts(length: int, size: int, stride: int) -> list[int]:
    """Return the starts of the windows along an axis; the last window ends at the edge."""
    return sorted({*range(0, length - size, stride), length - size})


def permutation_importance(model: Any, x: np.ndarray, y: np.ndarray, repeats: int = 10, seed: int = 0) -> np.ndarray:
    """Return the permutation importance of each feature of a table: the decrease in accuracy when it is shuffled.

    Breiman 2001, *Random forests*, section 10, computed by scikit-learn.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A classifier.
    x, y : ndarray
        Features ``(n, d)`` and classes ``(n,)``, not used in training.
    repeats : int
        Number of shuffles per column.
    seed : int
        Random seed of the shuffles.

    Returns
    -------
    ndarray of shape (d, repeats)
        Decrease in accuracy.

    Raises
    ------
    ValueError
        If ``x`` is not a table.
    """
    from sklearn.frozen import FrozenEstimator
    from sklearn.inspection import permutation_importance as sklearn_importance

    whole = probe(model)
    _table("permutation_importance", x)

    def accuracy(_, features, classes):
        return float(np.mean(whole.targets(features) == classes))

    result = sklearn_importance(FrozenEstimator(whole), x, y, scoring=accuracy, n_repeats=repeats, random_state=seed)
    return result.importances


def partial_dependence(
    model: Any, x: np.ndarray, feature: int, target: int = 1, points: int = 25
) -> tuple[np.ndarray, np.ndarray]:
    """Return the score of each example as a function of one feature of a table, with all other features fixed.

    The curves are individual conditional expectations (ICE; Goldstein et al. 2015, *Peeking inside the black box*);
    their mean is the partial dependence (Friedman 2001, *Greedy function approximation*, section 8.2).

    Parameters
    ----------
    model, x
        A model and features ``(n, d)``.
    feature : int
        The column to vary, from the 1st to the 99th percentile of its values.
    target : int
        The class whose score to compute.
    points : int
        Number of grid points.

    Returns
    -------
    grid : ndarray of shape (points,)
        Values of the feature.
    curves : ndarray of shape (n, points)
        The score of each example.

    Raises
    ------
    ValueError
        If ``x`` is not a table or has no such column.
    """
    whole = probe(model)
    _table("partial_dependence", x)
    if not 0 <= feature < x.shape[1]:
        raise ValueError(f"partial_dependence: feature must be an integer from 0 to {x.shape[1] - 1}, got {feature}")
    low, high = np.percentile(x[:, feature], [1, 99])
    grid = np.linspace(low, high, points)
    varied = np.repeat(x[:, None], points, axis=1)
    varied[:, :, feature] = grid
    return grid, whole.score(varied.reshape(-1, x.shape[1]), target).reshape(len(x), points)


def _table(what: str, x: np.ndarray) -> None:
    if x.ndim != 2 or x.dtype.kind != "f":
        raise ValueError(f"{what}: x must be a float table (n, features), got {x.dtype} of shape {x.shape}")
