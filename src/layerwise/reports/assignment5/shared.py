"""Helpers shared by several studies of regularization and normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.assignment5 import batched_networks
from layerwise.reports.assignment5.batched_networks import Setting
from layerwise.reports.inputs import Split

NORMALIZATIONS = {"plain": None, "batch": "batch", "layer": "layer", "group": "group"}


def kernels(model: nn.Sequential) -> np.ndarray:
    """Return all kernels of a model as one flat array."""
    return np.concatenate([layer.params["kernel"].ravel() for layer in model.layers if "kernel" in layer.params])


class Tuned(NamedTuple):
    """Arms of a comparison, each with its best candidate.

    Attributes
    ----------
    chosen : list of mapping
        The candidate of each arm.
    logits : dict of ndarray, shape (arms, seeds, n, classes)
    weights : ndarray, shape (arms, seeds, weights)
    curves : ndarray, shape (arms, seeds, times)
    """

    chosen: list[Mapping[str, float]]
    logits: dict[str, np.ndarray]
    weights: np.ndarray
    curves: np.ndarray


def tuned(
    splits: Mapping[str, Split],
    arms: Sequence[Sequence[Mapping[str, float]]],
    seeds: int,
    tuning: int = 1,
    **training: Any,
) -> Tuned:
    """Choose the best candidate of each arm by its validation accuracy, and train it with fresh seeds.

    Parameters
    ----------
    arms : sequence of sequence of mapping
        Candidates of each arm: fields of a `Setting` without the seed, such as the same dropout rate at several
        learning rates.
    seeds, tuning : int
        Number of seeds of the comparison, and of the separate seeds on which the candidates are chosen.
    **training
        Further arguments of `batched_networks.train`.
    """
    without_look = {name: value for name, value in training.items() if name not in ("look", "every")}
    known = {name: splits[name] for name in ("train", "validation")}
    candidates = [candidate for arm in arms for candidate in arm]
    settings = [Setting(seed, **candidate) for candidate in candidates for seed in range(100, 100 + tuning)]
    logits = batched_networks.train(known, settings, **without_look).logits["validation"]
    scores = iter(correct(logits, splits["validation"][1]).mean(axis=1).reshape(-1, tuning).mean(axis=1))
    chosen = [max(zip([next(scores) for _ in arm], range(len(arm), 0, -1), arm))[2] for arm in arms]
    settings = [Setting(seed, **candidate) for candidate, seed in product(chosen, range(seeds))]
    result = batched_networks.train(splits, settings, **training)

    def by_arm(array: np.ndarray) -> np.ndarray:
        return array.reshape(len(arms), seeds, *array.shape[1:])

    return Tuned(
        chosen, {k: by_arm(z) for k, z in result.logits.items()}, by_arm(result.weights), by_arm(result.curves)
    )


def correct(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return 1 where the predicted class is right, else 0; logits ``(…, n, classes)``, 0 if they are not finite."""
    finite = np.isfinite(logits).all(axis=(-1, -2), keepdims=True)[..., 0]
    return ((logits.argmax(axis=-1) == y) & finite).astype(np.uint8)


def log_losses(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean cross-entropies in nats ``(…)`` of logits ``(…, n, classes)``."""
    flat = logits.reshape(-1, *logits.shape[-2:])
    return np.array([training_kit.cross_entropy(z, y) for z in flat]).reshape(logits.shape[:-2])
