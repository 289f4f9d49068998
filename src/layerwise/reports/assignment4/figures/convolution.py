"""The convolutional layer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.nn.kernels.convolution_geometry import window
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
    """Draw a photograph as five kernels see it: two that leave a picture, three that leave edges of either sign."""
    answers = study.group("answer")
    rough = {name: float(np.abs(np.diff(study[name], axis=1)).mean()) for name in ("picture", "answer.blur")}
    grey = [study["picture"], answers.pop("blur"), answers.pop("sharpen")]
    edges = np.stack(list(answers.values()))
    even = float(np.mean(np.abs(edges[-1][1:-1, 1:-1]) < 0.05))
    return [
        image_grid(
            np.repeat(np.clip(np.stack(grey), 0, 1)[..., None], 3, axis=-1),
            ["the picture", "blur", "sharpen"],
            columns=1,
            title=f"Blurring takes the mean step between neighbours from {rough['picture']:.3f} to "
            f"{rough['answer.blur']:.3f} gray levels of 1",
            alt="A photograph of a temple, from the top:",
        ),
        image_grid(
            np.clip(edges, -0.5, 0.5)[:, 1:-1, 1:-1],
            list(answers),
            columns=1,
            diverging=True,
            title=f"Where the picture is even, edges are silent: {100 * even:.0f} % of the last panel is below 0.05",
            alt="Its edges, blue where it brightens to the left or upward, vermillion where it darkens:",
        ),
    ]


def kernels(study: Study) -> Picture:
    """Draw the numbers of the kernels that were set by hand."""
    grids = study.group("kernel")
    shown = {name: np.round(grid, 2) for name, grid in grids.items()}
    silent = [name for name, grid in grids.items() if abs(grid.sum()) < 1e-12]
    return number_grids(shown, f"The weights of {len(silent)} kernels sum to 0: they answer to differences alone")


def implementations(study: Study) -> pd.DataFrame:
    """Return a table of the four ways to compute one convolution."""
    rows = [
        {
            "way": words,
            "passes of Python loops": int(study[f"steps.{way}"]),
            "largest difference": f"{study[f'difference.{way}'].max():.1e}",
        }
        for way, words in WAYS.items()
    ]
    return pd.DataFrame(rows)


def geometry(length: int = 7, size: int = 3) -> Picture:
    """Draw padding and stride: the places of one window on one image, four ways."""
    cases = {
        f"{padding}, stride {stride}": window(length, size, stride, padding)
        for padding in ("valid", "same")
        for stride in (1, 2)
    }
    sizes = [f"{case.count} × {case.count}" for case in cases.values()]
    return windows(cases, f"A {size} × {size} window on {length} × {length} pixels leaves {', '.join(sizes)}")
