"""Locality, weight sharing and translation equivariance."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture, image_grid
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

NAMES = {"perceptron": "MLP", "convolutional": "convolutional network"}


def inputs(study: Study) -> Picture:
    """Draw one test digit as it is, moved, and with its pixels shuffled."""
    pictures = study.group("picture")
    shift = int(study["shifts"].max())
    captions = ["as it is", f"moved by {shift} pixels", "pixels shuffled"]
    kept = np.isclose(pictures["plain"].sum(), pictures["shuffled"].sum(), rtol=1e-5)
    title = "Shuffling keeps every gray level and loses every neighbor" if kept else "Shuffling loses ink"
    return image_grid(np.stack(list(pictures.values())), captions, 3, title, alt="One test digit three times:")


def translated_digits(study: Study) -> Picture:
    """Draw test accuracy against how far the test digits are moved."""
    series = {NAMES[name]: study.curve(f"moved.{name}") for name in NAMES}
    means = {name: values.mean(axis=0) for name, (_, values) in series.items()}
    shifts = series["MLP"][0]
    gap = means["convolutional network"] - means["MLP"]
    widest = int(np.argmax(gap))
    return lines(
        series,
        "test digits moved by (pixels)",
        "test accuracy",
        f"Moved by {shifts[widest]:g} pixels, the MLP gets {100 * means['MLP'][widest]:.0f} % right, the "
        f"convolutional network {100 * means['convolutional network'][widest]:.0f} %",
        marked=True,
        limits=(0, 1),
    )


def sample_efficiency(study: Study) -> Picture:
    """Draw test accuracy against training images, with pixels as they are and shuffled."""
    series = {}
    for name, words in NAMES.items():
        series[words] = study.curve(f"plain.{name}")
        series[f"{words}, shuffled"] = study.curve(f"shuffled.{name}")
    least, most = (
        [100 * series[name][1][:, k].mean() for name in (NAMES["convolutional"], NAMES["perceptron"])] for k in (0, -1)
    )
    counts = series["MLP"][0]
    lost = 100 * series["convolutional network, shuffled"][1][:, -1].mean()
    return lines(
        series,
        "training images",
        "test accuracy",
        f"Convolution is ahead by {least[0] - least[1]:.1f} points with {counts[0]:g} images and "
        f"{most[0] - most[1]:.1f} with {counts[-1]:,.0f}; with shuffled pixels it falls to {lost:.0f} %",
        log="x",
        marked=True,
    )
