"""How far to trust an attribution: is it about the model, does it name what matters, do the methods agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from layerwise.interpret.probes import Probe, at, probe


def randomised(model: Any, layers: Sequence[str] | None = None, seed: int = 0) -> Probe:
    """Return the model with the weights of some layers, or of all, put in random order.

    What was learnt is gone; how large the weights are, and how they are spread, stays.

    Raises
    ------
    ValueError
        If one of the layers has no weights or does not exist.
    """
    whole = probe(model)
    weights = whole.weights()
    chosen = list(weights) if layers is None else list(layers)
    for name in chosen:
        if name not in weights:
            raise ValueError(
                f"randomised: model '{whole.model.name}' has no layer '{name}' with weights; accepted are "
                f"{', '.join(map(repr, weights))}"
            )
    rng = np.random.default_rng(seed)
    return whole.with_weights(
        {name: [rng.permutation(array.ravel()).reshape(array.shape) for array in weights[name]] for name in chosen}
    )


def cascade(model: Any, seed: int = 0) -> Iterator[tuple[str, Probe]]:
    """Yield the model with more and more layers randomised, from the last to the first, each named.

    Adebayo et al. 2018, *Sanity checks for saliency maps*, section 3.1. A map that stays the same was never about what
    the model learnt.
    """
    names = list(probe(model).weights())
    for place in range(len(names) - 1, -1, -1):
        yield names[place], randomised(model, names[place:], seed)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of two attributions for each example, ``(n,)``; 0 where one is constant."""
    from scipy.stats import rankdata  # late: importing it takes a second

    if first.shape != second.shape:
        raise ValueError(f"rank_correlation: the shapes {first.shape} and {second.shape} differ")
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
    """Return the probability of a class as positions are removed, the highest attribution first, or inserted.

    Petsiuk, Das & Saenko 2018, *RISE*, section 4; before them Samek et al. 2017, *Evaluating the visualization of what
    a deep neural network has learned*. The mean of the curve is the measure: low for deletion, high for insertion.

    Parameters
    ----------
    model : layerwise.nn.Sequential or keras.Sequential
        A classifier that ends in logits.
    x : ndarray
        Images, series, or a table.
    attributions : ndarray
        Of the shape of ``x``, then summed over channels, or without its last axis.
    target, baseline
        As of :func:`integrated_gradients`; the baseline is what a removed position becomes.
    steps : int
        Points of the curve after the first, each with as many positions more.
    insert : bool
        Begin with the baseline and put positions back instead.

    Returns
    -------
    share : ndarray of shape (steps + 1,)
        Share of the positions removed or inserted.
    probability : ndarray of shape (n, steps + 1)
        Of the class.

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
        raise ValueError(f"removal_curve: attributions of shape {attributions.shape} do not fit x of shape {x.shape}")
    order = np.argsort(-attributions.reshape(len(x), -1), axis=1, kind="stable")
    rank = np.argsort(order, axis=1).reshape(attributions.shape)
    base = np.broadcast_to(np.asarray(baseline, dtype=x.dtype), x.shape)
    before, after = (base, x) if insert else (x, base)
    share = np.linspace(0, 1, steps + 1)
    curve = np.empty((len(x), steps + 1))
    for point, part in enumerate(share):
        changed = rank < round(part * rank[0].size)
        mixed = np.where(changed[..., None] if channels else changed, after, before)
        curve[:, point] = whole.confidence(mixed, classes)
    return share, curve
