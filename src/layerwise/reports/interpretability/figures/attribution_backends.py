"""Attribution: NumPy vs Keras."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import number, power_of_ten
from layerwise.plots import Picture
from layerwise.plots.explanations import map_table, pairs
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import with_method_names


def draw(study: Study) -> list[Picture]:
    """Draw the maps of NumPy and Keras, and their distances on images with and without noise."""
    noisy, plain = (with_method_names(study.group(kind)) for kind in ("noisy", "plain"))
    largest = max(values.max() for values in noisy.values())
    picture = pairs(
        {
            "noisy images": {name: np.log10(values.max(axis=1)) for name, values in noisy.items()},
            "original images": {name: np.log10(values.max(axis=1)) for name, values in plain.items()},
        },
        "largest relative distance of the maps",
        f"With the same weights, the maps of NumPy and Keras differ by at most {number(largest)} on noisy images",
    )
    axes = picture.axes[0]
    ticks = range(-7, 1, 2)
    axes.set_xticks(ticks, [power_of_ten(t) for t in ticks])
    difference = np.abs(study["numpy"] - study["keras"]).max()
    maps = map_table(
        {"image": study["x"], "NumPy": study["numpy"], "Keras": study["keras"]},
        [""] * len(study["x"]),
        f"Integrated gradients: no pixel differs by more than {number(difference)}; the largest value is "
        f"{np.abs(study['numpy']).max():.2g}",
        "Images and their maps in NumPy and in Keras with the same weights.",
        plain=["image"],
        outlines=study["x"],
        width=3.75,
    )
    return [maps, picture]
