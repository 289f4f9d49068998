"""Activation maximization and adversarial examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs, split


def run(data: Data, runs: Runs, sure: float = 0.99) -> dict[str, np.ndarray]:
    """Optimize images for each class, with regularization, and adversarial images that fool the network.

    If networks trained from other initial weights agree on an image, it shows features of the class; otherwise it is
    specific to one network.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    sure : float
        Probability of the target class at which fooling stops.

    Returns
    -------
    dict
        Images of the first run (classes, height, width): ``excites``, optimized with regularization; ``noise``,
        optimized from noise without regularization; ``start``, test images, and ``disguised``, the same images changed
        to be classified as the class ``wanted`` (classes,). For ``excites``, ``noise`` and ``disguised``,
        ``sure.<kind>`` (runs,): mean probability of the target class, and ``shared.<kind>`` (runs,): share of images
        that the other networks classify alike. ``change`` (runs,): mean norm of the change of the disguised images,
        relative to the norm of the image.
    """
    x, y = split(data)
    [trained] = runs.values()
    models = list(trained.models())
    classes = np.arange(int(y.max()) + 1)
    wanted = (classes + 1) % len(classes)
    measures: dict[str, list[Any]] = {}
    first: dict[str, np.ndarray] = {}
    for seed, model in enumerate(models):
        predicted = interpret.probe(model).targets(x)
        start = np.stack([x[_example(y, predicted, int(k), seed)] for k in classes])
        noise = np.random.default_rng(seed).random(start.shape, dtype=np.float32) * np.float32(0.5)
        optimized = {
            "excites": interpret.maximise_activation(model, classes, seed=seed),
            "noise": interpret.fool(model, noise, classes, sure),
            "disguised": interpret.fool(model, start, wanted, sure),
        }
        others = [interpret.probe(other) for other in models if other is not model]
        for kind, images in optimized.items():
            target = wanted if kind == "disguised" else classes
            measures.setdefault(f"sure.{kind}", []).append(interpret.probe(model).confidence(images, target).mean())
            shared = [np.mean(other.targets(images) == target) for other in others]
            measures.setdefault(f"shared.{kind}", []).append(np.mean(shared) if shared else np.nan)
        change = np.linalg.norm((optimized["disguised"] - start).reshape(len(start), -1), axis=1)
        norm = np.linalg.norm(start.reshape(len(start), -1), axis=1)
        measures.setdefault("change", []).append(np.mean(change / norm))
        if seed == 0:
            first = {"start": start.mean(axis=-1), **{kind: images.mean(axis=-1) for kind, images in optimized.items()}}
    return {**{name: np.array(values) for name, values in measures.items()}, **first, "wanted": wanted}


def _example(y: np.ndarray, predicted: np.ndarray, k: int, run: int) -> int:
    """Return the index of a correctly classified image of class ``k``, a different one for each run if possible.

    If no image of the class is classified correctly, any of them is used.
    """
    members = np.flatnonzero(y == k)
    correct = members[predicted[members] == k]
    candidates = correct if len(correct) else members
    return int(candidates[run % len(candidates)])
