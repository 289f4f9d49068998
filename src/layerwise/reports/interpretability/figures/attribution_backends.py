"""Attribution: NumPy vs Keras."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import power_of_ten
from layerwise.plots import Picture
from layerwise.plots.explanations import map_table, pairs
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import with_method_names


def draw(study: Study) -> list[Picture]:
    """Draw NumPy's and Keras's maps, and how far they are apart on images with and without faint noise."""
    noisy, plain = (with_method_names(study.group(kind)) for kind in ("noisy", "plain"))
    largest = max(values.max() for values in noisy.values())
    picture = pairs(
        {
            "faint noise": {name: np.log10(values.max(axis=1)) for name, values in noisy.items()},
            "exact images": {name: np.log10(values.max(axis=1)) for name, values in plain.items()},
        },
        "largest distance of two maps (relative)",
        f"On the same weights NumPy and Keras draw the same map: apart by at most {largest:.0e} where no pixels tie",
    )
    axes = picture.axes[0]
    ticks = range(-7, 1, 2)
    axes.set_xticks(ticks, [power_of_ten(t) for t in ticks])
    apart = np.abs(study["numpy"] - study["keras"]).max()
    maps = map_table(
        {"image": study["x"], "NumPy": study["numpy"], "Keras": study["keras"]},
        [""] * len(study["x"]),
        f"Integrated gradients by both: no pixel differs by more than {apart:.0e}, the largest is "
        f"{np.abs(study['numpy']).max():.2g}",
        "Images, and their maps by NumPy and by Keras with the same weights.",
        plain=["image"],
        outlines=study["x"],
        width=3.75,
    )
    return [maps, picture]
