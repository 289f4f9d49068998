"""Filters and feature maps."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the first filters, the feature maps of one image, and images that maximize the last feature maps."""
    layers = list(study.group("maps"))
    kernels = study["filters"]
    both_signs = int(np.sum((kernels.min(axis=(1, 2)) < 0) & (kernels.max(axis=(1, 2)) > 0)))
    pictures = [
        plots.image_grid(
            kernels,
            None,
            4,
            f"{both_signs} of {len(kernels)} filters of {kernels.shape[1]} × {kernels.shape[2]} pixels have weights of "
            "both signs",
            diverging=True,
            together=False,
            alt="Kernels of the first layer:",
        )
    ]
    for name in layers:
        maps = study[f"maps.{name}"]
        inactive = np.mean(maps <= 0)
        pictures.append(
            plots.image_grid(
                maps,
                None,
                4,
                f"{name}: {len(maps)} feature maps of one image; {100 * inactive:.0f}% of the units are inactive",
                together=False,
                alt="Feature maps of one image:",
            )
        )
    last = layers[-1]
    excites = study[f"excites.{last}"]
    patterns = int(np.sum(np.ptp(excites, axis=(1, 2)) > 0.5))
    pictures.append(
        plots.image_grid(
            excites,
            None,
            4,
            f"{last}: activation maximization found a pattern for {patterns} of {len(excites)} feature maps",
            together=False,
            alt="Images that maximize the activation of each feature map:",
        )
    )
    return pictures
