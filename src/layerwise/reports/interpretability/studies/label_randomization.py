"""Label randomization test."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import METHODS, ink, relevance, small_cnn, split


def run(data: Data, examples: int = 300, epochs: int = 30, images: int = 30, seeds: int = 5) -> dict[str, np.ndarray]:
    """Train on true and on shuffled labels and compare the attribution maps (Adebayo et al. 2018, section 3.2).

    Two networks trained on the true labels from different initial weights are the control, as their maps differ too.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    examples, epochs, seeds : int
        Training examples and epochs of each network; number of pairs of networks.
    images : int
        Number of test images, taken from the start; the maps explain the true class.

    Returns
    -------
    dict
        ``fit.true``, ``fit.shuffled`` (seeds,): training accuracy; ``test.true``, ``test.shuffled`` (seeds,): test
        accuracy; mean rank correlation of the maps on the inked pixels (seeds,) ``control.<method>`` of two
        networks trained on true labels, ``shuffled.<method>`` of one trained on true and one on shuffled labels; ``x``
        (height, width): one image, and its maps ``true.<method>``, ``mixed.<method>`` (height, width) with true and
        with shuffled labels.
    """
    (x, y), (xt, yt) = (part[:examples] for part in split(data, "train")), split(data)
    classes = int(y.max()) + 1
    explained, targets = xt[:images], yt[:images]
    inside = ink(explained)
    measures: dict[str, list[Any]] = {}
    relevances: dict[str, list[dict[str, np.ndarray]]] = {"true": [], "shuffled": []}
    for seed in range(seeds):
        for kind, labels in (("true", y), ("shuffled", np.random.default_rng(seed).permutation(y))):
            model = small_cnn(x.shape[1:], classes, seed)
            training_kit.fit(model, (x, labels), epochs)
            measures.setdefault(f"fit.{kind}", []).append(np.mean(model.predict(x).argmax(axis=1) == labels))
            measures.setdefault(f"test.{kind}", []).append(np.mean(model.predict(xt).argmax(axis=1) == yt))
            relevances[kind].append(
                {n: relevance(n, method(model, explained, targets)) for n, method in METHODS.items()}
            )
    true, mixed = relevances["true"], relevances["shuffled"]
    for seed in range(seeds):
        for name in METHODS:
            pairs = {"control": true[(seed + 1) % seeds], "shuffled": mixed[seed]}
            for kind, other in pairs.items():
                correlation = interpret.rank_correlation(true[seed][name], other[name], inside).mean()
                measures.setdefault(f"{kind}.{name}", []).append(correlation)
    return {
        **{name: np.array(values) for name, values in measures.items()},
        "x": explained[0].mean(axis=-1),
        **{f"true.{name}": map_[0] for name, map_ in true[0].items()},
        **{f"mixed.{name}": map_[0] for name, map_ in mixed[0].items()},
    }
