"""Activation maximization and adversarial examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs, split


def run(data: Data, runs: Runs, sure: float = 0.99) -> dict[str, np.ndarray]:
    """Make images that excite each class, with regularisation, and images that fool the network.

    Whether another network sees the same in an image, one trained from other first weights, tells what the image shows
    of the class and what of the network alone.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    runs : mapping
        The runs of one experiment on it.
    sure : float
        How sure of its class the network shall be.

    Returns
    -------
    dict
        ``excites`` (classes, height, width): images made with regularisation, first run; ``noise``: made from noise,
        without; ``start`` and ``disguised``: test images and the same, changed to be taken for the ``wanted`` class
        (classes,). For each of these kinds ``sure.<kind>`` (runs,): mean probability of the class, and
        ``shared.<kind>`` (runs,): share of them that the other networks take for it too. ``change`` (runs,): mean
        Euclidean length of the disguise, as a share of the image's.
    """
    x, y = split(data)
    [trained] = runs.values()
    models = list(trained.models())
    classes = np.arange(int(y.max()) + 1)
    wanted = (classes + 1) % len(classes)
    found: dict[str, list[Any]] = {}
    kept: dict[str, np.ndarray] = {}
    for seed, model in enumerate(models):
        said = interpret.probe(model).targets(x)
        start = np.stack([x[_shown(y, said, int(k), seed)] for k in classes])
        noise = np.random.default_rng(seed).random(start.shape, dtype=np.float32) * np.float32(0.5)
        made = {
            "excites": interpret.maximise_activation(model, classes, seed=seed),
            "noise": interpret.fool(model, noise, classes, sure),
            "disguised": interpret.fool(model, start, wanted, sure),
        }
        others = [interpret.probe(other) for other in models if other is not model]
        for kind, images in made.items():
            asked = wanted if kind == "disguised" else classes
            found.setdefault(f"sure.{kind}", []).append(interpret.probe(model).confidence(images, asked).mean())
            shared = [np.mean(other.targets(images) == asked) for other in others]
            found.setdefault(f"shared.{kind}", []).append(np.mean(shared) if shared else np.nan)
        length = np.linalg.norm((made["disguised"] - start).reshape(len(start), -1), axis=1)
        found.setdefault("change", []).append(np.mean(length / np.linalg.norm(start.reshape(len(start), -1), axis=1)))
        if seed == 0:
            kept = {"start": start.mean(axis=-1), **{kind: images.mean(axis=-1) for kind, images in made.items()}}
    return {**{name: np.array(values) for name, values in found.items()}, **kept, "wanted": wanted}


def _shown(y: np.ndarray, said: np.ndarray, k: int, run: int) -> int:
    """Return an image of class ``k`` that the network reads rightly, another for each run as far as they last.

    A network that reads none rightly is shown any image of the class.
    """
    own = np.flatnonzero(y == k)
    right = own[said[own] == k]
    chosen = right if len(right) else own
    return int(chosen[run % len(chosen)])
