"""Kernel editor: a 3 × 3 kernel with editable weights, stride and padding on a photograph."""

from __future__ import annotations

import numpy as np

from layerwise.reporting.artifacts import Study
from layerwise.reporting.widgets import Widget, encode


def widget(study: Study) -> Widget:
    """Return the widget for the study `convolution`: its photograph and its kernels."""
    return Widget(
        "kernel_editor",
        "Kernel editor",
        "Choose a kernel or edit its weights, then point at a pixel of the output, or move with the arrow keys: its "
        "value is the sum of nine products.",
        {
            "picture": encode(np.round(255 * study["picture"]).astype(np.uint8)),
            "kernels": {name: kernel.astype(float).ravel().tolist() for name, kernel in study.group("kernel").items()},
        },
    )
