"""Locality, weight sharing and translation equivariance."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import signed
from layerwise.plots import Picture, image_grid
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

NAMES = {"perceptron": "MLP", "convolutional": "convolutional network"}


def inputs(study: Study) -> Picture:
    """Draw one test digit unchanged, shifted, and with permuted pixels."""
    pictures = study.group("picture")
    shift = int(study["shifts"].max())
    captions = ["original", f"shifted by {shift} pixels", "permuted pixels"]
    kept = np.isclose(pictures["plain"].sum(), pictures["shuffled"].sum(), rtol=1e-5)
    title = "Permutation keeps the gray levels but not the neighbors" if kept else "Permutation changes the gray levels"
    return image_grid(np.stack(list(pictures.values())), captions, 3, title, alt="One test digit in three versions:")


def translated_digits(study: Study) -> Picture:
    """Draw the test accuracy against the shift of the test digits."""
    series = {NAMES[name]: study.curve(f"moved.{name}") for name in NAMES}
    means = {name: values.mean(axis=0) for name, (_, values) in series.items()}
    shifts = series["MLP"][0]
    gap = means["convolutional network"] - means["MLP"]
    widest = int(np.argmax(gap))
    return lines(
        series,
        "shift of the test digits (pixels)",
        "test accuracy",
        f"With a shift of {shifts[widest]:g} pixels, the MLP reaches {100 * means['MLP'][widest]:.0f}%, the "
        f"convolutional network {100 * means['convolutional network'][widest]:.0f}%",
        marked=True,
        limits=(0, 1),
    )


def sample_efficiency(study: Study) -> Picture:
    """Draw the test accuracy against the number of training images, on original and on permuted pixels."""
    series = {}
    for name, words in NAMES.items():
        series[words] = study.curve(f"plain.{name}")
        series[f"{words}, permuted"] = study.curve(f"shuffled.{name}")
    least, most = (
        [100 * series[name][1][:, k].mean() for name in (NAMES["convolutional"], NAMES["perceptron"])] for k in (0, -1)
    )
    counts = series["MLP"][0]
    lost = 100 * series["convolutional network, permuted"][1][:, -1].mean()
    return lines(
        series,
        "training images",
        "test accuracy",
        f"Convolution leads by {signed(f'{least[0] - least[1]:.1f}')} points with {counts[0]:g} images and "
        f"{signed(f'{most[0] - most[1]:.1f}')} with {counts[-1]:,.0f}; on permuted pixels it falls to {lost:.0f}%",
        log="x",
        marked=True,
    )
