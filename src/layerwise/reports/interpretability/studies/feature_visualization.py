"""Filters and feature maps."""

from __future__ import annotations

import numpy as np

from layerwise import interpret
from layerwise.reports.inputs import Data
from layerwise.reports.interpretability.shared import Runs, split


def run(data: Data, runs: Runs) -> dict[str, np.ndarray]:
    """Compute the filters of the first convolution, and feature maps and preferred images of all convolutions.

    Returns
    -------
    dict
        ``x`` (height, width): one test image; ``filters`` (maps, height, width): filters of the first layer;
        ``maps.<layer>`` (maps, rows, columns): feature maps of the image; ``excites.<layer>`` (maps, height, width):
        images that maximize the activation of each map; ``dead.<layer>`` (1,): share of the maps that are zero on the
        first 200 test images.
    """
    x, _ = split(data)
    [trained] = runs.values()
    model = next(trained.models())
    whole = interpret.probe(model)
    arrays = {"x": x[0].mean(axis=-1)}
    for place, name in enumerate(whole.convolutions):
        head, _ = whole.split(name)
        outputs = head.outputs(x[:200])
        if place == 0:
            kernel = whole.weights()[name][0]
            arrays["filters"] = np.moveaxis(kernel.mean(axis=2), -1, 0)
        arrays[f"maps.{name}"] = np.moveaxis(outputs[0], -1, 0)
        arrays[f"dead.{name}"] = np.array([np.mean(outputs.max(axis=(0, 1, 2)) <= 0)])
        units = range(outputs.shape[-1])
        images = interpret.maximise_activation(model, units, name, steps=80, decay=0.02, blur=0.5, seed=place)
        arrays[f"excites.{name}"] = images.mean(axis=-1)
    return arrays
