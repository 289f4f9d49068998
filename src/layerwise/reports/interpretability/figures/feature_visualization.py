"""Filters and feature maps."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the first filters and what every convolution makes of one image and would like to see."""
    layers = list(study.group("maps"))
    kernels = study["filters"]
    sided = int(np.sum((kernels.min(axis=(1, 2)) < 0) & (kernels.max(axis=(1, 2)) > 0)))
    pictures = [
        plots.image_grid(
            kernels,
            None,
            4,
            f"{sided} of {len(kernels)} filters of {kernels.shape[1]} × {kernels.shape[2]} pixels weigh one side of an "
            "edge against the other",
            diverging=True,
            together=False,
            alt="First layer's kernels:",
        )
    ]
    for name in layers:
        maps = study[f"maps.{name}"]
        dark = np.mean(maps <= 0)
        pictures.append(
            plots.image_grid(
                maps,
                None,
                4,
                f"{name}: {len(maps)} maps of one image, {100 * dark:.0f} % of their cells silent",
                together=False,
                alt="Feature maps of one image:",
            )
        )
    last = layers[-1]
    excites = study[f"excites.{last}"]
    found = int(np.sum(np.ptp(excites, axis=(1, 2)) > 0.5))
    pictures.append(
        plots.image_grid(
            excites,
            None,
            4,
            f"{last}: what excites each map; {found} of {len(excites)} found a pattern, the others no slope to climb",
            together=False,
            alt="Images made to excite each map:",
        )
    )
    return pictures
