"""Figures of data and models: scatter plots, decision regions, image grids, weights."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from layerwise.evaluation.metrics import class_probabilities
from layerwise.plots.style import BLUE, INK, MUTED, PALETTE, PAPER, VERMILLION, Picture, styled

MARKERS = "osD^vP*X<>"


def _points(axes, x: np.ndarray, y: np.ndarray, names: Sequence[str], size: float) -> None:
    for k, name in enumerate(names):
        axes.scatter(*x[y == k].T, s=size, marker=MARKERS[k % 10], color=PALETTE[k % 7], edgecolor=PAPER, lw=0.4,
                     label=name, alpha=0.9, rasterized=len(x) > 2000)  # fmt: skip


@styled
def scatter(
    x: np.ndarray, y: np.ndarray, names: Sequence[str], labels: tuple[str, str] = ("x₁", "x₂"), title: str = ""
) -> Picture:
    """Draw labeled points ``(n, 2)``; the default title counts the examples of each class."""
    picture = Picture((3.75, 3.1))
    axes = picture.add_subplot()
    _points(axes, x, y, names, 14 if len(x) < 1000 else 7)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.legend(loc="best", handletextpad=0.2, markerscale=1.2)
    counts = ", ".join(f"{np.sum(y == k)} of {name}" for k, name in enumerate(names))
    return picture.says(title or f"{len(x)} examples: {counts}", f"Scatter plot of {labels[1]} against {labels[0]}.")


def principal_components(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first two principal components ``(n, 2)`` and their shares of the variance ``(2,)``.

    The sign of a component is arbitrary; it is chosen such that the largest loading is positive.
    """
    centered = np.asarray(x, dtype=float).reshape(len(x), -1)
    centered = centered - centered.mean(axis=0)
    _, scale, directions = np.linalg.svd(centered, full_matrices=False)
    directions = directions[:2] * np.sign(directions[np.arange(2), np.abs(directions[:2]).argmax(axis=1)])[:, None]
    return centered @ directions.T, scale[:2] ** 2 / np.sum(scale**2)


@styled
def decision_boundary(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[str],
    name: str = "The model",
    steps: int = 160,
) -> Picture:
    """Draw the decision regions of a classifier of two features, paler where it is less confident, and the examples.

    Parameters
    ----------
    predict : callable
        ``(n, 2)`` features → ``(n, classes)`` or ``(n,)`` probabilities.
    x, y : ndarray
        Examples ``(n, 2)`` and class indices ``(n,)`` to draw.
    names : sequence of str
        Class names.
    name : str
        Name of the model in the title.
    steps : int
        Grid points along each axis.
    """
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.08 * (high - low)
    low, high = low - margin, high + margin
    grid = np.stack(np.meshgrid(*np.linspace(low, high, steps).T), axis=-1)
    probabilities = class_probabilities(predict(grid.reshape(-1, 2).astype(np.float32)))
    classes = probabilities.shape[1]
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    colours = np.array([to_rgb(PALETTE[k % 7]) for k in range(classes)])[predicted]
    strength = np.round((confidence - 1 / classes) / (1 - 1 / classes) * 6) / 6  # in steps, which show as contours
    image = np.concatenate([colours, 0.10 + 0.38 * strength[:, None]], axis=1).reshape(steps, steps, 4)
    picture = Picture((3.75, 3.1))
    axes = picture.add_subplot()
    axes.imshow(image, origin="lower", extent=(low[0], high[0], low[1], high[1]), aspect="auto")
    for k in range(classes - 1) if classes == 2 else range(classes):
        rest = np.delete(probabilities, k, axis=1).max(axis=1)
        axes.contour(*grid.T.swapaxes(1, 2), (probabilities[:, k] - rest).reshape(steps, steps), [0.0], colors=INK,
                     linewidths=1)  # fmt: skip
    _points(axes, x, y, names, 11 if len(x) < 1000 else 5)
    accuracy = np.mean(class_probabilities(predict(x.astype(np.float32))).argmax(axis=1) == y)
    axes.set(xlabel="x₁", ylabel="x₂")
    axes.legend(loc="best", handletextpad=0.2, markerscale=1.2)
    axes.grid(False)
    return picture.says(
        f"{name}: accuracy {100 * accuracy:.1f}% on {len(x)} examples",
        "Decision regions, paler where the model is less confident, with the examples drawn on top.",
    )


def _colours(image: np.ndarray, diverging: bool) -> np.ndarray:
    """Return an image as colors: unchanged if it has channels, else signed in blue and vermillion or inverted gray."""
    if image.ndim == 3:
        return np.clip(image, 0, 1)
    if diverging:
        value = np.clip(image, -1, 1)[..., None]
        colour = np.where(value > 0, to_rgb(BLUE), to_rgb(VERMILLION))
        return np.concatenate([colour, np.abs(value) ** 0.8], axis=-1)
    return np.repeat(1 - np.clip(image, 0, 1)[..., None], 3, axis=-1)


@styled
def image_grid(
    images: np.ndarray,
    captions: Sequence[str] | None = None,
    columns: int = 5,
    title: str = "",
    diverging: bool = False,
    alt: str = "",
    together: bool = True,
) -> Picture:
    """Draw images ``(n, h, w)`` or ``(n, h, w, c)`` in a grid, each with an optional caption.

    ``diverging`` draws positive values in blue and negative ones in vermillion; ``together`` scales all images alike.
    """
    images = np.asarray(images, dtype=float)
    images = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
    rows = -(-len(images) // columns)
    # About 60 characters of the caption font fill the width; longer captions wrap.
    wrapped = [textwrap.fill(caption, 60 // columns, break_long_words=False) for caption in captions or []]
    lines = max((caption.count("\n") + 1 for caption in wrapped), default=0)
    pad = 0.012 if wrapped else 0.03  # without captions between the rows, the frames would touch
    cell = 3.75 / columns  # in inches, on one axes: one axes per image would take most of the page's rendering time
    wide = cell - 2 * pad
    tall = wide * images.shape[1] / images.shape[2]
    pitch = tall + 2 * pad + 0.16 * lines
    picture = Picture((3.75, rows * pitch))
    picture.set_layout_engine("none")
    axes = picture.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    span = np.abs(images).max() or 1.0
    for k, image in enumerate(images):
        left, bottom = k % columns * cell + pad, (k // columns + 1) * pitch - pad
        scale = span if together else (np.abs(image).max() or 1.0)
        axes.imshow(
            _colours(image / scale, diverging), interpolation="none", extent=(left, left + wide, bottom, bottom - tall)
        )
        axes.add_patch(Rectangle((left, bottom - tall), wide, tall, fill=False, edgecolor=MUTED, lw=0.4))
        if wrapped:
            axes.text(left + wide / 2, bottom - tall - 2 / 72, wrapped[k], fontsize=7.5, ha="center")
    axes.set(xlim=(0, 3.75), ylim=(rows * pitch, 0))
    words = alt or f"{len(images)} images."
    return picture.says(title, words if captions is None else f"{words} {'; '.join(captions)}.")


def most_confident_mistakes(y: np.ndarray, probabilities: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of up to ``count`` wrong predictions, the most confident first."""
    columns = class_probabilities(probabilities)
    wrong = np.flatnonzero(columns.argmax(axis=1) != y)
    return wrong[np.argsort(-columns.max(axis=1)[wrong], kind="stable")][:count]


def mistakes_gallery(
    images: np.ndarray,
    y: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str],
    count: int = 15,
    columns: int = 5,
) -> Picture:
    """Draw the most confident mistakes, each with its true class, predicted class and confidence."""
    p = class_probabilities(probabilities)
    chosen = most_confident_mistakes(y, probabilities, count)
    wrong = int(np.sum(p.argmax(axis=1) != y))
    captions = [f"{names[y[i]]} → {names[p[i].argmax()]} {100 * p[i].max():.0f}%" for i in chosen]
    if not len(chosen):
        return image_grid(images[:columns], None, columns, f"None of {len(y)} test images is misclassified")
    confidence = 100 * p[chosen[0]].max()
    return image_grid(
        images[chosen],
        captions,
        columns,
        f"{wrong} of {len(y)} test images are misclassified, with up to {confidence:.1f}% confidence",
        alt="Each image with its true class, its predicted class and the confidence:",
    )


def weight_images(
    kernel: np.ndarray, shape: Sequence[int], names: Sequence[str] | None = None, columns: int = 5
) -> Picture:
    """Draw each column of a kernel ``(features, units)`` as an image, positive in blue and negative in vermillion."""
    kernel = np.asarray(kernel, dtype=float)
    images = kernel.T.reshape(kernel.shape[1], *shape[:2], -1).mean(axis=-1)
    strongest = int(np.argmax(np.linalg.norm(kernel, axis=0)))
    return image_grid(
        images,
        names,
        columns,
        f"Weights reach ±{np.abs(kernel).max():.2g}" + (f"; {names[strongest]} has the largest norm" if names else ""),
        diverging=True,
        alt="Weights as images, positive in blue and negative in vermillion" + (":" if names else "."),
    )
