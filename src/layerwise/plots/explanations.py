"""Figures of explanations: image tables, similarity matrices, paired measures, feature responses, labeled points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from layerwise.evaluation.compare import interval
from layerwise.numbers import signed
from layerwise.plots.style import (
    BLUE,
    INK,
    MUTED,
    PALETTE,
    PAPER,
    RULE,
    VERMILLION,
    WIDE,
    Picture,
    letter,
    quiet,
    styled,
)

COLOURS = (*PALETTE[:6], "#8c5a2b", INK, MUTED, "#6a51a3")  # ten, for ten classes; yellow is too pale for letters


def _signed(values: np.ndarray) -> np.ndarray:
    """Return values, scaled by their largest magnitude, as colors ``(height, width, 4)``: blue > 0, vermillion < 0."""
    share = values / (np.abs(values).max() or 1.0)
    colour = np.where(share[..., None] > 0, to_rgb(BLUE), to_rgb(VERMILLION))
    return np.concatenate([colour, np.abs(share)[..., None] ** 0.7], axis=-1)


def _ink(values: np.ndarray) -> np.ndarray:
    """Return a grayscale image as colors ``(height, width, 4)``, black where its values are largest."""
    share = np.clip(values / (np.abs(values).max() or 1.0), 0, 1)
    return np.concatenate([np.broadcast_to(1 - share[..., None], (*share.shape, 3)), np.ones((*share.shape, 1))], -1)


@styled
def map_table(
    rows: Mapping[str, np.ndarray],
    columns: Sequence[str],
    title: str,
    alt: str,
    plain: Sequence[str] = (),
    outlines: np.ndarray | None = None,
    width: float = WIDE[0],
) -> Picture:
    """Draw a table of images with one row per name, positive values in blue and negative values in vermillion.

    Parameters
    ----------
    rows : mapping
        Name → images ``(columns, height, width)``; each image is scaled separately.
    columns : sequence of str
        Column headings.
    title, alt : str
        The finding, and a description of the images.
    plain : sequence of str
        Names of the rows that hold input images, drawn in black on white.
    outlines : ndarray of shape (columns, height, width), optional
        Images whose outlines are drawn over the maps of each column.
    width : float
        Width of the figure, in inches.
    """
    high, wide = next(iter(rows.values())).shape[1:]
    gap = 0.06  # as a fraction of a cell
    cell = (width - 0.12 - 0.068 * max(map(len, rows))) / len(columns)  # the row names take their share of the width
    picture = Picture((width, cell * high / wide * len(rows) + 0.3), pad=0.01)
    axes = picture.add_subplot()
    for i, (name, images) in enumerate(rows.items()):
        for k, image in enumerate(images):
            left, top = k, i
            frame = (left, left + 1 - gap, top + 1 - gap, top)
            axes.imshow(_ink(image) if name in plain else _signed(image), extent=frame, zorder=1)
            axes.add_patch(_frame(left, top, 1 - gap))
            if outlines is not None and name not in plain:
                at_x = left + (np.arange(wide) + 0.5) / wide * (1 - gap)
                at_y = top + (np.arange(high) + 0.5) / high * (1 - gap)
                level = 0.4 * outlines[k].max()
                axes.contour(at_x, at_y, outlines[k], [level], colors=MUTED, linewidths=0.45, zorder=2)
    middle = (1 - gap) / 2
    axes.set(xlim=(-0.02, len(columns)), ylim=(len(rows), -0.02), aspect=high / wide, anchor="E")
    axes.set_xticks(np.arange(len(columns)) + middle, columns)
    axes.set_yticks(np.arange(len(rows)) + middle, list(rows))
    axes.tick_params(length=0, pad=2, labelcolor=INK, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return picture.says(title, f"{alt} Rows: {', '.join(rows)}. Columns: {', '.join(columns)}.")


@styled
def matrix(values: np.ndarray, names: Sequence[str], title: str, what: str) -> Picture:
    """Draw the lower half of a symmetric matrix ``(n, n)`` of similarities from −1 to 1."""
    picture = Picture((5.4, 3.5))
    axes = picture.add_subplot()
    n = len(names)
    words = []
    for i in range(1, n):
        for j in range(i):
            value = float(values[i, j])
            colour = to_rgb(BLUE if value > 0 else VERMILLION)
            label = signed(f"{value:.2f}")
            axes.add_patch(_square(j, i, (*colour, 0.06 + 0.84 * min(abs(value), 1.0))))
            axes.text(j, i, label, ha="center", va="center", fontsize=7.5, color=PAPER if value > 0.55 else INK)
            words.append(f"{names[i]} and {names[j]} {label}")
    axes.set_xticks(range(n - 1), names[:-1], rotation=38, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(1, n), names[1:])
    axes.set(xlim=(-0.52, n - 1.48), ylim=(n - 0.48, 0.48))
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return picture.says(title, f"{what}: {'; '.join(words)}.")


def _frame(left: float, top: float, side: float) -> Rectangle:
    return Rectangle((left, top), side, side, fill=False, edgecolor=RULE, lw=0.5, zorder=3)


def _square(x: float, y: float, colour: tuple[float, float, float, float]) -> Rectangle:
    return Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, facecolor=colour, lw=0)


@styled
def pairs(
    groups: Mapping[str, Mapping[str, np.ndarray]],
    xlabel: str,
    title: str,
    limits: tuple[float, float] | None = None,
    reference: tuple[str, float] | None = None,
    ends: tuple[float, float] = (-np.inf, np.inf),
) -> Picture:
    """Draw the mean and 95% interval of one or more measures for each name, joined by a line.

    Parameters
    ----------
    groups : mapping
        Measure → name → values, one per seed.
    xlabel, title : str
        Label of the axis with its unit, and the finding.
    limits : (float, float), optional
        Limits of the axis.
    reference : (str, float), optional
        Name and position of a vertical line.
    ends : (float, float), optional
        Smallest and largest possible value, where an interval ends at the latest.
    """
    names = list(next(iter(groups.values())))
    picture = Picture((3.75, 0.95 + 0.27 * len(names)))
    axes = picture.add_subplot()
    means = {
        measure: interval(np.stack([np.asarray(values[name], float) for name in names], axis=1))
        for measure, values in groups.items()
    }
    for k in range(len(names)):
        places = [mean[k] for mean, _ in means.values()]
        axes.plot([min(places), max(places)], [k, k], color=RULE, lw=2.4, solid_capstyle="round", zorder=1)
    if reference:
        axes.axvline(reference[1], color=MUTED, lw=1, ls="--", label=reference[0], zorder=0)
    words = []
    for index, (measure, (mean, half)) in enumerate(means.items()):
        colour, marker = PALETTE[index], "os"[index % 2]
        reach = np.nan_to_num(half)
        bars = mean - np.clip(mean - reach, *ends), np.clip(mean + reach, *ends) - mean
        axes.errorbar(mean, range(len(names)), xerr=bars, fmt=marker, ms=4.5, color=colour, lw=1.3, label=measure)
        words.append(f"{measure}: " + ", ".join(f"{name} {value:.2f}" for name, value in zip(names, mean)))
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel=xlabel, ylim=(len(names) - 0.5, -0.5))
    if limits:
        axes.set_xlim(*limits)
    axes.grid(axis="y", visible=False)
    if len(groups) > 1 or reference:
        picture.legend(loc="outside upper left", ncols=3, fontsize=7.5, handletextpad=0.4, columnspacing=1.2)
    return picture.says(title, f"Means with 95% intervals over seeds. {'; '.join(words)}.")


@styled
def ranked(
    columns: Mapping[str, np.ndarray], names: Sequence[str], title: str, references: Mapping[str, float]
) -> Picture:
    """Draw several measures of the same names side by side, each on its own axis.

    Parameters
    ----------
    columns : mapping
        Measure → values ``(seeds, names)``.
    names : sequence of str
        Names, in the order to draw them.
    title : str
        The finding.
    references : mapping
        Measure → position of its reference line; 0 by default.
    """
    picture = Picture((WIDE[0], 0.75 + 0.21 * len(names)))
    words = []
    all_axes = picture.subplots(1, len(columns), sharey=True)
    for axes, colour, (measure, values) in zip(all_axes, PALETTE, columns.items()):
        mean, half = interval(values)
        at = np.arange(len(names))
        start = references.get(measure, 0.0)
        axes.axvline(start, color=MUTED, lw=0.8)
        axes.hlines(at, start, mean, color=colour, lw=5, alpha=0.25)
        axes.errorbar(mean, at, xerr=np.nan_to_num(half), fmt="o", ms=3.5, lw=1.2, color=colour)
        axes.set_xlabel(measure)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(axis="y", visible=False)
        words.append(f"{measure}: " + ", ".join(f"{name} {value:.3g}" for name, value in zip(names, mean)))
    all_axes[0].set_yticks(range(len(names)), names)
    all_axes[0].set_ylim(len(names) - 0.5, -0.5)
    return picture.says(title, f"Means with 95% intervals over seeds. {'; '.join(words)}.")


@styled
def importance(values: np.ndarray, names: Sequence[str], xlabel: str, title: str) -> Picture:
    """Draw a measure of importance ``(runs, names)`` as one row per name, with mean and 95% interval over runs."""
    mean, half = interval(values)
    picture = Picture((WIDE[0], 0.75 + 0.22 * len(names)))
    axes = picture.add_subplot()
    at = np.arange(len(names))
    axes.axvline(0, color=MUTED, lw=0.8)
    axes.hlines(at, 0, mean, color=BLUE, lw=5, alpha=0.25)
    axes.errorbar(mean, at, xerr=np.nan_to_num(half), fmt="o", ms=3.5, lw=1.2, color=BLUE)
    axes.set_yticks(at, names)
    axes.set(xlabel=xlabel, ylim=(len(names) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    return picture.says(title, "; ".join(f"{name} {value:.3g}" for name, value in zip(names, mean)) + ".")


@styled
def responses(panels: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], ylabel: str, title: str) -> Picture:
    """Draw the response of each example to one feature at a time, and the mean response of each run.

    Parameters
    ----------
    panels : mapping
        Feature → its values ``(points,)``, the response of each example ``(examples, points)`` and the mean response
        of each run ``(runs, points)``.
    ylabel, title : str
        Label of the axis with its unit, and the finding.
    """
    picture = Picture((WIDE[0], 2.5))
    words = []
    for axes, (name, (grid, curves, means)) in zip(picture.subplots(1, len(panels), sharey=True), panels.items()):
        axes.plot(grid, curves.T, color=MUTED, lw=0.4, alpha=0.45)
        axes.plot(grid, means.T, color=BLUE, lw=1.1, alpha=0.85)
        axes.set_xlabel(name, fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        words.append(f"{name}: mean from {means.mean(axis=0)[0]:.2g} to {means.mean(axis=0)[-1]:.2g}")
    picture.axes[0].set_ylabel(ylabel)
    return picture.says(title, f"Thin lines are examples, thick lines the mean of each run. {'; '.join(words)}.")


@styled
def glyphs(points: np.ndarray, y: np.ndarray, names: Sequence[str], title: str, alt: str) -> Picture:
    """Draw points ``(n, 2)`` as the first letter of their class, in the color of the class, without axes."""
    picture = Picture((3.75, 3.4))
    axes = picture.add_subplot()
    for k, name in enumerate(names):
        axes.scatter(
            points[y == k, 0], points[y == k, 1], s=17, marker=letter(name), color=COLOURS[k % len(COLOURS)], lw=0.15
        )
    quiet(axes)
    axes.margins(0.03)
    return picture.says(title, alt)
