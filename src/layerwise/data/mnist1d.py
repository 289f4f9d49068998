"""The one-dimensional digits that the package mnist1d generates: no download."""

from __future__ import annotations

from typing import Any

import mnist1d.data
import numpy as np

from layerwise.data.examples import DIGITS, Examples


def mnist1d_digits(spec: dict[str, Any]) -> Examples:
    """Generate the 4,000 training and 1,000 test signals of MNIST-1D, ``(40, 1)``, with the authors' own seed."""
    made = mnist1d.data.make_dataset()
    x = np.concatenate([made["x"], made["x_test"]])[:, :, None]
    part = np.repeat(["learn", "test"], [len(made["x"]), len(made["x_test"])])
    return Examples("series", x, np.concatenate([made["y"], made["y_test"]]), DIGITS, part=part)


LOADERS = {"mnist1d": mnist1d_digits}
