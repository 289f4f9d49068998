"""Corruption strength and attribution method: test digits, corrupted, with the prediction and its attribution map."""

from __future__ import annotations

import numpy as np

from layerwise.reporting.artifacts import Experiment
from layerwise.reporting.widgets import Widget, encode
from layerwise.reporting.widgets.network import layers


def widget(experiment: Experiment, examples: int = 20) -> Widget:
    """Return the widget for the first run of an experiment, such as one of `of_digits`, and its first test digits."""
    x, y = experiment.dataset.split("test")
    chosen = np.sort(np.random.default_rng(0).permutation(len(y))[:examples])  # some test splits are sorted by class
    noise = np.random.default_rng(0).normal(size=(28, 28))
    return Widget(
        "corruption",
        "Corrupt a digit and explain the prediction",
        "Raise the strength until the prediction changes. Does the attribution map still point at the digit, and do "
        "the methods agree?",
        {
            "layers": layers(experiment.model()),
            "digits": encode(np.round(255 * x[chosen, ..., 0]).astype(np.uint8)),
            "labels": [int(k) for k in y[chosen]],
            "noise": encode(noise.astype(np.float32)),
        },
    )
