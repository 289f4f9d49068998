"""Dropout rate."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the errors against the probability of keeping a unit, for a fixed width and a fixed expected width."""
    probability = study["keep"]
    words = {
        "width": f"{study.arguments['width']} units",
        "expected": f"{study.arguments['expected']} units kept on average",
    }
    pictures = []
    for way, name in words.items():
        validation = study[f"validation.{way}"]
        best = int(np.argmin(validation.mean(axis=0)))
        pictures.append(
            lines(
                {
                    "training": (probability, study[f"train.{way}"]),
                    "validation": (probability, validation),
                },
                f"probability of keeping a unit ({name})",
                "error",
                f"{name.capitalize()}: lowest validation error {100 * validation.mean(axis=0)[best]:.1f}%, at "
                f"probability {probability[best]:g}",
                marked=True,
            )
        )
    return pictures
