"""Label randomization test."""

from __future__ import annotations

from typing import Any

import numpy as np

from layerwise import interpret
from layerwise.reports import training_kit
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import METHODS, relevance, small_cnn, split


def run(data: Data, examples: int = 300, epochs: int = 30, images: int = 30, seeds: int = 5) -> dict[str, np.ndarray]:
    """Train on true and on shuffled labels, and compare the maps (Adebayo et al. 2018, section 3.2).

    Two networks that learnt the same true labels from other first weights are the control: their maps differ too.

    Parameters
    ----------
    data : mapping
        One dataset of images.
    examples, epochs, seeds : int
        Of each training, and how many pairs.
    images : int
        Test images, the first ones; the class explained is the true one.

    Returns
    -------
    dict
        ``fit.true``, ``fit.shuffled`` (seeds,): training accuracy; ``test.true``, ``test.shuffled`` (seeds,);
        ``control.<method>``, ``shuffled.<method>`` (seeds,): mean rank correlation of the maps of two networks trained
        on true labels, and of one on true, one on shuffled labels; ``x`` (height, width), ``true.<method>``,
        ``mixed.<method>`` (height, width): one image.
    """
    (x, y), (xt, yt) = (part[:examples] for part in split(data, "train")), split(data)
    classes = int(y.max()) + 1
    shown, asked = xt[:images], yt[:images]
    found: dict[str, list[Any]] = {}
    relevances: dict[str, list[dict[str, np.ndarray]]] = {"true": [], "shuffled": []}
    for seed in range(seeds):
        for kind, labels in (("true", y), ("shuffled", np.random.default_rng(seed).permutation(y))):
            model = small_cnn(x.shape[1:], classes, seed)
            training_kit.fit(model, (x, labels), epochs)
            found.setdefault(f"fit.{kind}", []).append(np.mean(model.predict(x).argmax(axis=1) == labels))
            found.setdefault(f"test.{kind}", []).append(np.mean(model.predict(xt).argmax(axis=1) == yt))
            relevances[kind].append({n: relevance(n, method(model, shown, asked)) for n, method in METHODS.items()})
    true, mixed = relevances["true"], relevances["shuffled"]
    for seed in range(seeds):
        for name in METHODS:
            pairs = {"control": true[(seed + 1) % seeds], "shuffled": mixed[seed]}
            for kind, other in pairs.items():
                correlation = interpret.rank_correlation(true[seed][name], other[name]).mean()
                found.setdefault(f"{kind}.{name}", []).append(correlation)
    return {
        **{name: np.array(values) for name, values in found.items()},
        "x": shown[0].mean(axis=-1),
        **{f"true.{name}": map_[0] for name, map_ in true[0].items()},
        **{f"mixed.{name}": map_[0] for name, map_ in mixed[0].items()},
    }
