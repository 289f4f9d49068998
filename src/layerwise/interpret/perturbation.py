"""Attribution by trying: what happens to a score when a part of the input is hidden, shuffled or moved."""

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
    """Return how far the score falls when a window around each position is covered.

    Zeiler & Fergus 2014, *Visualizing and understanding convolutional networks*, section 4.2.

    Parameters
    ----------
    model, target
        As of :func:`saliency`.
    x : ndarray
        Images ``(n, height, width, channels)``, series ``(n, steps, channels)``; of tables and words ``(n, d)`` the
        columns are the positions.
    size, stride : int
        Side of the window, and the step between windows.
    value : float or ndarray
        What covers: a number, or an array that broadcasts to ``x``, such as the mean of the training examples; for
        words the index of the padding word.

    Returns
    -------
    ndarray of shape (n, height, width), (n, steps) or (n, d)
        Mean fall of the score over the windows that cover a position.

    Raises
    ------
    ValueError
        If the window is larger than the input, or as of :func:`saliency`.
    """
    whole, x, classes = at(model, x, target, None)
    shape = x.shape[1:-1] if x.ndim > 2 else x.shape[1:]
    if not 1 <= size <= min(shape) or stride < 1:
        raise ValueError(
            f"occlusion: accepted are size from 1 to {min(shape)} and stride at least 1; got {size} and {stride}"
        )
    cover = np.broadcast_to(np.asarray(value, dtype=x.dtype), x.shape)
    before = whole.score(x, classes)
    fall, windows = np.zeros((len(x), *shape)), np.zeros(shape)
    for corner in product(*(_corners(length, size, stride) for length in shape)):
        window = (slice(None), *(slice(start, start + size) for start in corner))
        covered = x.copy()
        covered[window] = cover[window]
        fall[window] += (before - whole.score(covered, classes)).reshape(-1, *[1] * len(shape))
        windows[window[1:]] += 1
    return fall / windows


def _corners(length: int, size: int, stride: int) -> list[int]:
    """Return where windows begin; the last one ends at the edge, so that every position is covered."""
    return sorted({*range(0, length - size, stride), length - size})


def permutation_importance(model: Any, x: np.ndarray, y: np.ndarray, repeats: int = 10, seed: int = 0) -> np.ndarray:
    """Return how much accuracy each feature of a table is worth: what shuffling its column costs.

    Breiman 2001, *Random forests*, section 10, as computed by scikit-learn.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A classifier.
    x, y : ndarray
        Features ``(n, d)`` and classes ``(n,)`` it was not trained on.
    repeats : int
        Shuffles of each column.
    seed : int
        Draws the shuffles.

    Returns
    -------
    ndarray of shape (d, repeats)
        Fall of the accuracy.

    Raises
    ------
    ValueError
        If ``x`` is not a table.
    """
    from sklearn.frozen import FrozenEstimator
    from sklearn.inspection import permutation_importance as measure

    whole = probe(model)
    _table("permutation_importance", x)

    def accuracy(_, features, classes):
        return float(np.mean(whole.targets(features) == classes))

    return measure(FrozenEstimator(whole), x, y, scoring=accuracy, n_repeats=repeats, random_state=seed).importances


def partial_dependence(
    model: Any, x: np.ndarray, feature: int, target: int = 1, points: int = 25
) -> tuple[np.ndarray, np.ndarray]:
    """Return how the score of each example moves as one feature of a table does, all others held.

    The curves are those of individual conditional expectation (Goldstein et al. 2015, *Peeking inside the black box*);
    their mean is the partial dependence (Friedman 2001, *Greedy function approximation*, section 8.2).

    Parameters
    ----------
    model, x
        A model and features ``(n, d)``.
    feature : int
        The column to move, over the middle 98 % of its own values.
    target : int
        The class whose score is followed.
    points : int
        Values at which it is.

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
        raise ValueError(f"partial_dependence: feature is {feature}; accepted are 0 to {x.shape[1] - 1}")
    low, high = np.percentile(x[:, feature], [1, 99])
    grid = np.linspace(low, high, points)
    moved = np.repeat(x[:, None], points, axis=1)
    moved[:, :, feature] = grid
    return grid, whole.score(moved.reshape(-1, x.shape[1]), target).reshape(len(x), points)


def _table(what: str, x: np.ndarray) -> None:
    if x.ndim != 2 or x.dtype.kind != "f":
        raise ValueError(f"{what}: accepted are tables (n, features) of numbers; got {x.dtype} of shape {x.shape}")
