"""Draw a digit: the MLP and the CNN of this run classify it, with their activations and a saliency map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.plots import Picture, image_grid
from layerwise.reporting.artifacts import Experiment
from layerwise.reporting.widgets import Widget, encode
from layerwise.reporting.widgets.network import layers


def widget(networks: Mapping[str, Experiment]) -> Widget:
    """Return the widget for networks by name, such as those of `of_digits`, with one test digit of each class."""
    x, y = _digits(networks)
    return Widget(
        "draw_digit",
        "Draw a digit",
        "Draw with the mouse, a finger or the arrow keys (Space lowers and lifts the pen), or load a test digit. "
        "Can you draw a 7 that one network takes for a 1 and the other does not?",
        {
            "networks": {
                name: {"title": experiment.title, "layers": layers(experiment.model())}
                for name, experiment in networks.items()
            },
            "digits": encode(np.round(255 * x[..., 0]).astype(np.uint8)),
            "labels": [int(k) for k in y],
        },
    )


def picture(networks: Mapping[str, Experiment]) -> Picture:
    """Draw the test digits with the predictions of the networks."""
    x, y = _digits(networks)
    predicted = {name: experiment.predict(x).argmax(axis=1) for name, experiment in networks.items()}
    right = ", ".join(f"{name} {np.sum(k == y)}" for name, k in predicted.items())
    return image_grid(
        x,
        [" · ".join(f"{name} {k[i]}" for name, k in predicted.items()) for i in range(len(y))],
        columns=5,
        title=f"Correct predictions for the first test digit of each class: {right} of {len(y)}",
        alt="Test digits with their predictions:",
    )


def _digits(networks: Mapping[str, Experiment]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first test image of each class ``(10, 28, 28, 1)`` and the classes."""
    x, y = next(iter(networks.values())).dataset.split("test")
    first = [int(np.argmax(y == k)) for k in np.unique(y)]
    return x[first], y[first]
