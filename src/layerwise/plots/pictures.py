"""Data and models as pictures: scatter, decision regions, image grids, weights."""

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
    """Draw labelled points ``(n, 2)``; the title tells how many there are unless one is given."""
    picture = Picture((3.75, 3.1))
    axes = picture.add_subplot()
    _points(axes, x, y, names, 14 if len(x) < 1000 else 7)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.legend(loc="best", handletextpad=0.2, markerscale=1.2)
    counts = ", ".join(f"{np.sum(y == k)} of {name}" for k, name in enumerate(names))
    return picture.says(title or f"{len(x)} examples: {counts}", f"Scatter plot of {labels[1]} against {labels[0]}.")


def principal_components(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two first principal components ``(n, 2)`` and the shares of variance they carry ``(2,)``.

    The sign of a component is arbitrary: its largest loading is made positive, so that it does not turn by chance.
    """
    centred = np.asarray(x, dtype=float).reshape(len(x), -1)
    centred = centred - centred.mean(axis=0)
    _, scale, directions = np.linalg.svd(centred, full_matrices=False)
    directions = directions[:2] * np.sign(directions[np.arange(2), np.abs(directions[:2]).argmax(axis=1)])[:, None]
    return centred @ directions.T, scale[:2] ** 2 / np.sum(scale**2)


@styled
def decision_boundary(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[str],
    name: str = "The model",
    steps: int = 160,
) -> Picture:
    """Draw the regions a classifier of two features assigns, paler where it is less sure, with the data on top.

    Parameters
    ----------
    predict : callable
        ``(n, 2)`` features → ``(n, classes)`` or ``(n,)`` probabilities.
    x, y : ndarray
        Examples ``(n, 2)`` and class indices ``(n,)`` to draw.
    names : sequence of str
        Class names.
    name : str
        What to call the model in the title.
    steps : int
        Grid points along each axis.
    """
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.08 * (high - low)
    low, high = low - margin, high + margin
    grid = np.stack(np.meshgrid(*np.linspace(low, high, steps).T), axis=-1)
    probabilities = class_probabilities(predict(grid.reshape(-1, 2).astype(np.float32)))
    classes = probabilities.shape[1]
    winner, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    colours = np.array([to_rgb(PALETTE[k % 7]) for k in range(classes)])[winner]
    strength = np.round((sure - 1 / classes) / (1 - 1 / classes) * 6) / 6  # six shades: contours of probability
    image = np.concatenate([colours, 0.10 + 0.38 * strength[:, None]], axis=1).reshape(steps, steps, 4)
    picture = Picture((3.75, 3.1))
    axes = picture.add_subplot()
    axes.imshow(image, origin="lower", extent=(low[0], high[0], low[1], high[1]), aspect="auto")
    for k in range(classes - 1) if classes == 2 else range(classes):
        rest = np.delete(probabilities, k, axis=1).max(axis=1)
        axes.contour(*grid.T.swapaxes(1, 2), (probabilities[:, k] - rest).reshape(steps, steps), [0.0], colors=INK,
                     linewidths=1)  # fmt: skip
    _points(axes, x, y, names, 11 if len(x) < 1000 else 5)
    right = np.mean(class_probabilities(predict(x.astype(np.float32))).argmax(axis=1) == y)
    axes.set(xlabel="x₁", ylabel="x₂")
    axes.legend(loc="best", handletextpad=0.2, markerscale=1.2)
    axes.grid(False)
    return picture.says(
        f"{name}: {100 * right:.1f} % of {len(x)} points on the right side",
        "Decision regions, paler where the model is less sure, with the examples drawn on top.",
    )


def _colours(image: np.ndarray, diverging: bool) -> np.ndarray:
    """Return an image as colours: as they are, blue above and vermillion below zero, or ink on paper."""
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
    """Draw images ``(n, h, w)`` or ``(n, h, w, c)`` in a grid, each with a short caption.

    ``diverging`` draws signed values, blue above and vermillion below zero; ``together`` gives all images one scale.
    """
    images = np.asarray(images, dtype=float)
    images = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
    rows = -(-len(images) // columns)
    # 60 letters of the captions' size fill the width; a longer caption takes more lines.
    above = [textwrap.fill(caption, 60 // columns, break_long_words=False) for caption in captions or []]
    lines = max((caption.count("\n") + 1 for caption in above), default=0)
    pad = 0.012 if above else 0.03  # captions part the rows; without them the frames would touch
    cell = 3.75 / columns  # all in inches, on one axes for all: an axes each would cost most of a page's time
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
        if above:
            axes.text(left + wide / 2, bottom - tall - 2 / 72, above[k], fontsize=7.5, ha="center")
    axes.set(xlim=(0, 3.75), ylim=(rows * pitch, 0))
    words = alt or f"{len(images)} images."
    return picture.says(title, words if captions is None else f"{words} {'; '.join(captions)}.")


def most_confident_mistakes(y: np.ndarray, probabilities: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of at most ``count`` wrong predictions, the most confident first."""
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
    """Draw the most confident mistakes, each with true class, predicted class and confidence."""
    columns_of = class_probabilities(probabilities)
    chosen = most_confident_mistakes(y, probabilities, count)
    wrong = int(np.sum(columns_of.argmax(axis=1) != y))
    captions = [f"{names[y[i]]} → {names[columns_of[i].argmax()]} {100 * columns_of[i].max():.0f}%" for i in chosen]
    if not len(chosen):
        return image_grid(images[:columns], None, columns, f"None of {len(y)} test images is misclassified")
    confidence = 100 * columns_of[chosen[0]].max()
    return image_grid(
        images[chosen],
        captions,
        columns,
        f"{wrong} of {len(y)} test images are misclassified, one with {confidence:.1f} % confidence",
        alt="Each image with its true class, the class predicted for it and the confidence:",
    )


def weight_images(
    kernel: np.ndarray, shape: Sequence[int], names: Sequence[str] | None = None, columns: int = 5
) -> Picture:
    """Draw the columns of a kernel ``(features, units)`` as images: blue speaks for the unit, vermillion against."""
    kernel = np.asarray(kernel, dtype=float)
    images = kernel.T.reshape(kernel.shape[1], *shape[:2], -1).mean(axis=-1)
    strongest = int(np.argmax(np.linalg.norm(kernel, axis=0)))
    return image_grid(
        images,
        names,
        columns,
        f"Weights reach ±{np.abs(kernel).max():.2g}" + (f"; {names[strongest]} has the largest norm" if names else ""),
        diverging=True,
        alt="Weights drawn as images, blue where ink speaks for the unit, vermillion where it speaks against:",
    )
