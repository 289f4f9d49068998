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


def rank_correlation(first: np.ndarray, second: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Return Spearman's rank correlation of two attributions for each example, ``(n,)``; 0 if one is constant.

    ``where``, of the same shape, selects the positions to compare. The blank border of images is a large part of them,
    and even the maps of untrained networks agree there.
    """
    from scipy.stats import rankdata  # imported here because it takes a second

    if first.shape != second.shape:
        raise ValueError(f"rank_correlation: shapes must be equal, got {first.shape} and {second.shape}")
    inside = np.ones(first.shape, bool) if where is None else where
    inside = inside.reshape(len(first), -1)
    a, b = (rankdata(np.where(inside, array.reshape(len(array), -1), np.inf), axis=1) for array in (first, second))
    a, b = (np.where(inside, array - array.mean(axis=1, where=inside, keepdims=True), 0) for array in (a, b))
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
    where: np.ndarray | None = None,
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
    where : ndarray of bool, optional
        The positions to delete or insert, ``x.shape`` without channels; by default all. Deleting a position that equals
        the baseline changes nothing.

    Returns
    -------
    share : ndarray of shape (steps + 1,)
        Fraction of these positions deleted or inserted.
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
    chosen = np.ones(attributions.shape, bool) if where is None else where
    sorted_last = np.where(chosen, -attributions, np.inf).reshape(len(x), -1)
    rank = np.argsort(np.argsort(sorted_last, axis=1, kind="stable"), axis=1).reshape(attributions.shape)
    count = chosen.reshape(len(x), -1).sum(axis=1).reshape(-1, *[1] * (chosen.ndim - 1))
    base = np.broadcast_to(np.asarray(baseline, dtype=x.dtype), x.shape)
    original, replacement = (base, x) if insert else (x, base)
    shares = np.linspace(0, 1, steps + 1)
    curve = np.empty((len(x), steps + 1))
    for point, share in enumerate(shares):
        replaced = rank < np.round(share * count)
        mixed = np.where(replaced[..., None] if channels else replaced, replacement, original)
        curve[:, point] = whole.confidence(mixed, classes)
    return shares, curve


def infidelity(
    model: Any,
    x: np.ndarray,
    contributions: np.ndarray,
    target: Any = None,
    baseline: Any = 0.0,
    share: float = 0.2,
    samples: int = 50,
    seed: int = 0,
    where: np.ndarray | None = None,
) -> np.ndarray:
    r"""Return how badly contributions predict by how much the score falls when random positions are deleted.

    .. math:: \frac{\min_\beta E\bigl[(\beta \sum_{i \in D} a_i - \Delta_D)^2\bigr]}{E[\Delta_D^2]}

    over random sets D of positions, with Δ the decrease of the score. Yeh et al. 2019, *On the (in)fidelity and
    sensitivity of explanations*, with their optimal scaling β, divided by the value of a map of zeros.

    Parameters
    ----------
    model, x, target, baseline
        As in :func:`removal_curve`.
    contributions : ndarray
        Contribution of each position to the score, ``(…, n, positions)`` without the channel axis: of one method, or of
        several along the leading axes.
    share : float
        Probability with which a position is deleted.
    samples, seed : int
        Number of random sets, the same for all examples; random seed.
    where : ndarray of bool, optional
        The positions that may be deleted; by default all.

    Returns
    -------
    ndarray of shape (…, n)
        0 for contributions that predict every decrease, 1 for those that explain nothing.
    """
    whole, x, classes = at(model, x, target, None)
    base = np.broadcast_to(np.asarray(baseline, dtype=x.dtype), x.shape)
    rng = np.random.default_rng(seed)
    before = whole.score(x, classes)
    positions = x.shape[:-1] if x.ndim > 2 else x.shape
    axes = tuple(range(1 - len(positions), 0))
    predicted, decrease = [], []
    for _ in range(samples):
        deleted = np.broadcast_to(rng.random(positions[1:]) < share, positions)
        deleted = deleted if where is None else deleted & where
        decrease.append(before - whole.score(np.where(deleted[..., None] if x.ndim > 2 else deleted, base, x), classes))
        predicted.append(np.sum(contributions, axis=axes, where=deleted))
    p, d = np.stack(predicted), np.stack(decrease)  # samples, (…,) n
    d = d.reshape(samples, *[1] * (p.ndim - 2), len(x))
    size, total = (p**2).sum(axis=0), (d**2).sum(axis=0)
    beta = (p * d).sum(axis=0) / np.where(size > 0, size, np.inf)
    return ((beta * p - d) ** 2).sum(axis=0) / np.where(total > 0, total, np.inf)
