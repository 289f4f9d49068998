"""Evaluation of attributions: model randomization, rank correlation, deletion and insertion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from layerwise.interpret.probes import Probe, at, probe


def randomised(model: Any, layers: Sequence[str] | None = None, seed: int = 0) -> Probe:
    """Return the model with the weights of some layers (by default all) randomly permuted.

    This destroys what the model has learned but preserves the distribution of the weights.

    Raises
    ------
    ValueError
        If one of the layers does not exist or has no weights.
    """
    whole = probe(model)
    weights = whole.weights()
    names = list(weights) if layers is None else list(layers)
    for name in names:
        if name not in weights:
            raise ValueError(
                f"randomised: layers of model '{whole.model.name}' must be among those with weights, "
                f"{', '.join(map(repr, weights))}, got '{name}'"
            )
    rng = np.random.default_rng(seed)
    return whole.with_weights(
        {name: [rng.permutation(array.ravel()).reshape(array.shape) for array in weights[name]] for name in names}
    )


def cascade(model: Any, seed: int = 0) -> Iterator[tuple[str, Probe]]:
    """Yield the model with its layers randomized cumulatively from the last to the first, with each layer's name.

    Adebayo et al. 2018, *Sanity checks for saliency maps*, section 3.1. A map that does not change does not depend on
    what the model has learned.
    """
    names = list(probe(model).weights())
    for index in range(len(names) - 1, -1, -1):
        yield names[index], randomised(model, names[index:], seed)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of two attributions for each example, ``(n,)``; 0 if one is constant."""
    from scipy.stats import rankdata  # imported here because it takes a second

    if first.shape != second.shape:
        raise ValueError(f"rank_correlation: shapes must be equal, got {first.shape} and {second.shape}")
    a, b = (rankdata(array.reshape(len(array), -1), axis=1) for array in (first, second))
    a, b = (array - array.mean(axis=1, keepdims=True) for array in (a, b))
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return (a * b).sum(axis=1) / np.where(size > 0, size, np.inf)


def removal_curve(
    model: Any,
    x: np.ndarray,
    attributions: np.ndarray,
    target: Any = None,
    baseline: Any = 0.0,
    steps: int = 14,
    insert: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a deletion (or insertion) curve: the class probability as positions change, highest attribution first.

    Petsiuk, Das & Saenko 2018, *RISE*, section 4; earlier Samek et al. 2017, *Evaluating the visualization of what a
    deep neural network has learned*. The curve is summarized by its mean, which should be low for deletion and high for
    insertion.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A classifier that ends in logits.
    x : ndarray
        Images, series, or a table.
    attributions : ndarray
        Attributions of the shape of ``x``, which are summed over channels, or without the channel axis.
    target, baseline
        As in :func:`integrated_gradients`; the baseline replaces deleted positions.
    steps : int
        Number of steps of the curve, with equal numbers of positions.
    insert : bool
        Whether to start from the baseline and insert positions instead of deleting them.

    Returns
    -------
    share : ndarray of shape (steps + 1,)
        Fraction of the positions deleted or inserted.
    probability : ndarray of shape (n, steps + 1)
        Probability of the class.

    Raises
    ------
    ValueError
        If the attributions do not fit the examples.
    """
    whole, x, classes = at(model, x, target, None)
    channels = x.ndim > 2
    if channels and attributions.shape == x.shape:
        attributions = attributions.sum(axis=-1)
    if attributions.shape != (x.shape[:-1] if channels else x.shape):
        raise ValueError(
            f"removal_curve: attributions must have the shape of x, {x.shape}, with or without channels, "
            f"got {attributions.shape}"
        )
    order = np.argsort(-attributions.reshape(len(x), -1), axis=1, kind="stable")
    rank = np.argsort(order, axis=1).reshape(attributions.shape)
    base = np.broadcast_to(np.asarray(baseline, dtype=x.dtype), x.shape)
    original, replacement = (base, x) if insert else (x, base)
    shares = np.linspace(0, 1, steps + 1)
    curve = np.empty((len(x), steps + 1))
    for point, share in enumerate(shares):
        replaced = rank < round(share * rank[0].size)
        mixed = np.where(replaced[..., None] if channels else replaced, replacement, original)
        curve[:, point] = whole.confidence(mixed, classes)
    return shares, curve
