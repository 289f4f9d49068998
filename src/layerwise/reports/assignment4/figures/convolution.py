"""The convolutional layer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.nn.kernels.convolution_geometry import window
from layerwise.numbers import number
from layerwise.plots import Picture, image_grid
from layerwise.plots.convolution import number_grids, windows
from layerwise.reporting.artifacts import Study

WAYS = {
    "loops": "nested loops",
    "windows": "one product per window",
    "matrix": "all windows as rows of one matrix (im2col)",
    "layer": "the layer Conv2D",
}


def filtered_images(study: Study) -> list[Picture]:
    """Draw the photograph, blurred and sharpened, and the signed outputs of three edge filters."""
    outputs = study.group("answer")
    roughness = {name: float(np.abs(np.diff(study[name], axis=1)).mean()) for name in ("picture", "answer.blur")}
    gray = [study["picture"], outputs.pop("blur"), outputs.pop("sharpen")]
    edges = np.stack(list(outputs.values()))
    near_zero = float(np.mean(np.abs(edges[-1][1:-1, 1:-1]) < 0.05))
    return [
        image_grid(
            np.repeat(np.clip(np.stack(gray), 0, 1)[..., None], 3, axis=-1),
            ["original", "blur", "sharpen"],
            columns=1,
            title=f"Blurring reduces the mean difference of neighboring pixels from {roughness['picture']:.3f} to "
            f"{roughness['answer.blur']:.3f} (gray levels 0 to 1)",
            alt="A photograph of a temple, from the top:",
        ),
        image_grid(
            np.clip(edges, -0.5, 0.5)[:, 1:-1, 1:-1],
            list(outputs),
            columns=1,
            diverging=True,
            title=f"Edge filters ignore uniform regions: {100 * near_zero:.0f}% of the last panel is below 0.05",
            alt="Outputs of edge filters, blue above and vermillion below zero:",
        ),
    ]


def kernels(study: Study) -> Picture:
    """Draw the weights of the hand-designed kernels."""
    grids = study.group("kernel")
    rounded = {name: np.round(grid, 2) for name, grid in grids.items()}
    zero_sum = [name for name, grid in grids.items() if abs(grid.sum()) < 1e-12]
    return number_grids(rounded, f"The weights of {len(zero_sum)} kernels sum to 0: they respond only to differences")


def implementations(study: Study) -> pd.DataFrame:
    """Return a table of the four implementations of convolution."""
    rows = [
        {
            "implementation": words,
            "iterations of Python loops": int(study[f"steps.{way}"]),
            "largest difference": number(float(study[f"difference.{way}"].max())),
        }
        for way, words in WAYS.items()
    ]
    return pd.DataFrame(rows)


def geometry(length: int = 7, size: int = 3) -> Picture:
    """Draw the positions of a window on an image for two paddings and two strides."""
    cases = {
        f"{padding}, stride {stride}": window(length, size, stride, padding)
        for padding in ("valid", "same")
        for stride in (1, 2)
    }
    sizes = [f"{case.count} × {case.count}" for case in cases.values()]
    return windows(cases, f"A {size} × {size} window on {length} × {length} pixels gives outputs of {', '.join(sizes)}")
