"""Figures of studies: lines over a setting, surfaces, maps, intervals; the caller supplies the title."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator

from layerwise.evaluation.compare import interval
from layerwise.plots.pictures import MARKERS, _points
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
    logarithmic,
    styled,
)

Line = tuple[np.ndarray, np.ndarray]


def measure_range(label: str) -> tuple[float, float]:
    """Return the values that a measure can take according to the label of its axis, which no band should leave."""
    if "point" in label or "−" in label:  # a difference
        return -np.inf, np.inf
    if re.search(r"accuracy|probability|share|recall|error rate", label):
        return 0.0, 100.0 if "%" in label else 1.0
    return (0.0 if re.search(r"loss|error|RMSE", label) else -np.inf), np.inf


@styled
def lines(
    series: Mapping[str, Line],
    xlabel: str,
    ylabel: str,
    title: str,
    log: str = "",
    marked: bool = False,
    reference: tuple[str, float] | None = None,
    vertical: tuple[str, float] | None = None,
    limits: tuple[float, float] | None = None,
    legend: Any = "best",
    best: str = "",
) -> Picture:
    """Draw the mean of each series over its seeds, with a 95% band.

    Parameters
    ----------
    series : mapping
        Name → ``(x, values)``: ``(n,)`` and ``(seeds, n)``, or ``(n,)`` for a single run.
    xlabel, ylabel, title : str
        Labels of the axes with their units, and the finding.
    log : str
        Which axes are logarithmic: ``""``, ``"x"``, ``"y"`` or ``"xy"``.
    marked : bool
        Whether to mark each point, and to put a tick at each if there are at most ten.
    reference, vertical : (str, float), optional
        Name and position of a horizontal and of a vertical line.
    limits : (float, float), optional
        Limits of the vertical axis.
    legend : str
        Location of the legend.
    best : {"", "highest", "lowest"}
        Which point of each series to mark with a ring.
    """
    picture = Picture()
    axes = picture.add_subplot()
    words = []
    for k, (name, (x, values)) in enumerate(series.items()):
        values = np.atleast_2d(values).astype(float)
        mean, half = interval(values)
        style = "-" if k < len(PALETTE) else "--"
        colour = PALETTE[k % len(PALETTE)]
        axes.plot(x, mean, style, marker=MARKERS[k % 10] if marked else None, color=colour, label=name)
        if len(values) > 1:
            low, high = np.clip([mean - half, mean + half], *measure_range(ylabel))
            if "y" in log:  # where the band would end below zero, it ends at the smallest positive value
                low = np.where(low > 0, low, np.nanmin(np.where(values > 0, values, np.nan), axis=0))
            axes.fill_between(x, low, high, color=colour, alpha=0.16, lw=0)
        words.append(f"{name}: {mean[0]:.3g} at {x[0]:g}, {mean[-1]:.3g} at {x[-1]:g}")
        if best:
            j = int(np.nanargmax(mean) if best == "highest" else np.nanargmin(mean))
            axes.plot(x[j], mean[j], "o", ms=11, mfc="none", mew=1.4, color=colour)
            words[-1] += f", {best} {mean[j]:.3g} at {x[j]:g}"
    axes.set(xlabel=xlabel, ylabel=ylabel)
    logarithmic(axes, log)
    ticks = sorted({float(value) for x, _ in series.values() for value in x})
    if marked and len(ticks) <= 10:
        axes.set_xticks(ticks, [f"{value:g}" for value in ticks])
        axes.minorticks_off()
    if limits:
        axes.set_ylim(*limits)
    if reference:
        axes.axhline(reference[1], color=MUTED, lw=1, ls="--")
        axes.annotate(reference[0], (1, reference[1]), (0, 3), ("axes fraction", "data"), "offset points", ha="right",
                      fontsize=7.5, color=MUTED)  # fmt: skip
    if vertical:
        axes.axvline(vertical[1], color=MUTED, lw=1, ls=":")
        axes.annotate(vertical[0], (vertical[1], 0.55), (3, 0), ("data", "axes fraction"), "offset points",
                      fontsize=7.5, color=MUTED)  # fmt: skip
    if len(series) > 1:
        axes.legend(loc=legend)
    seeds = max(len(np.atleast_2d(values)) for _, values in series.values())
    band = f"mean of {seeds} runs with 95% bands" if seeds > 1 else "one line each"
    return picture.says(title, f"{ylabel} over {xlabel}, {band}. {'; '.join(words)}.")


@styled
def surface(
    w1: np.ndarray,
    w2: np.ndarray,
    loss: np.ndarray,
    minimum: np.ndarray,
    walks: Mapping[str, np.ndarray],
    labels: tuple[str, str],
    title: str,
) -> Picture:
    """Draw the contours of a loss ``(grid, grid)`` over two weights, and paths of descent ``(steps, 2)`` on it."""
    picture = Picture((3.75, 3.3))
    axes = picture.add_subplot()
    levels = loss.min() + (loss.max() - loss.min()) * np.linspace(0.01, 1, 14) ** 2
    axes.contour(w1, w2, loss, levels, colors=MUTED, linewidths=0.6, alpha=0.7)
    for k, (name, walk) in enumerate(walks.items()):
        axes.plot(*walk.T, "-", marker=MARKERS[k], ms=3, lw=1.1, color=PALETTE[k], label=name)
    axes.plot(*minimum, "*", ms=11, color=INK, mec=PAPER, mew=0.6, label="minimum", ls="none")
    axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(w1[0], w1[-1]), ylim=(w2[0], w2[-1]))
    axes.legend(loc="best", fontsize=7.5)
    axes.grid(False)
    ends = "; ".join(f"{name} ends at ({walk[-1][0]:.3g}, {walk[-1][1]:.3g})" for name, walk in walks.items())
    return picture.says(
        title, f"Contours of the loss, minimum at ({minimum[0]:.2f}, {minimum[1]:.2f}), and paths: {ends}."
    )


@styled
def coefficient_paths(
    strength: np.ndarray, coefficients: np.ndarray, names: Sequence[str], best: float, xlabel: str, title: str
) -> Picture:
    """Draw each coefficient ``(strengths, features)`` over the penalty strength, the five largest in color."""
    picture = Picture()
    axes = picture.add_subplot()
    largest = list(np.argsort(-np.abs(coefficients).max(axis=0), kind="stable")[:5])
    for j in range(coefficients.shape[1]):
        if j not in largest:
            axes.plot(strength, coefficients[:, j], color=MUTED, lw=0.7, alpha=0.5)
    for colour, j in zip(PALETTE, largest):
        axes.plot(strength, coefficients[:, j], color=colour, label=names[j])
    axes.axvline(best, color=MUTED, lw=1, ls=":")
    axes.set(xlabel=xlabel, ylabel="weight (log-odds per standard deviation)")
    logarithmic(axes, "x")
    axes.legend(fontsize=7)
    return picture.says(
        title, f"One line per feature; the dotted line is the strength with the lowest validation loss, {best:.2g}."
    )


@styled
def heat(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], xlabel: str, ylabel: str, title: str
) -> Picture:
    """Draw a heat map of shares ``(rows, columns)``, labeled in percent, darker where higher."""
    picture = Picture((3.75, 0.9 + 0.36 * len(rows)))
    axes = picture.add_subplot()
    low, high = float(values.min()), float(values.max())
    shade = (values - low) / ((high - low) or 1)
    colours = np.concatenate([np.broadcast_to(to_rgb(BLUE), (*values.shape, 3)), 0.9 * shade[..., None]], axis=-1)
    axes.imshow(colours, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=8,
                  color="#ffffff" if shade[row, column] > 0.55 else INK)  # fmt: skip
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    words = "; ".join(f"{name}: " + ", ".join(f"{v:.2f}" for v in row) for name, row in zip(rows, values))
    return picture.says(title, f"Cells by {ylabel} and {xlabel}. {words}.")


@styled
def probability_contours(
    x1: np.ndarray,
    x2: np.ndarray,
    probabilities: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[str],
    labels: tuple[str, str],
    title: str,
) -> Picture:
    """Draw the probability of the predicted class over two features ``(n, n, classes)`` as shades and contours."""
    picture = Picture((3.75, 3.3))
    axes = picture.add_subplot()
    predicted, confidence = probabilities.argmax(axis=-1), probabilities.max(axis=-1)
    classes = probabilities.shape[-1]
    strength = (confidence - 1 / classes) / (1 - 1 / classes)
    colours = np.array([to_rgb(PALETTE[k % 7]) for k in range(classes)])[predicted]
    image = np.concatenate([colours, 0.06 + 0.3 * strength[..., None]], axis=-1)
    axes.imshow(image, origin="lower", extent=(x1[0], x1[-1], x2[0], x2[-1]), aspect="auto")
    for k in [1] if classes == 2 else range(classes):
        contours = axes.contour(x1, x2, probabilities[..., k], [0.1, 0.5, 0.9], colors=INK, linewidths=[0.6, 1.3, 0.6])
        axes.clabel(contours, fmt=lambda level: f"{100 * level:.0f}%", fontsize=6.5)
    _points(axes, x, y, names, 12)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.legend(loc="best", handletextpad=0.2)
    axes.grid(False)
    return picture.says(
        title, "Shades of the most probable class; contours at class probabilities of 10%, 50% and 90%."
    )


@styled
def forest(
    names: Sequence[str],
    centre: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    xlabel: str,
    title: str,
    reference: float = 1.0,
    most: int = 15,
) -> Picture:
    """Draw a forest plot: values with intervals on a logarithmic axis, the furthest from the reference first."""
    order = np.argsort(-np.abs(np.log(centre / reference)), kind="stable")[:most]
    picture = Picture((WIDE[0], 0.8 + 0.22 * len(order)))
    axes = picture.add_subplot()
    at = np.arange(len(order))
    axes.axvline(reference, color=MUTED, lw=0.8)
    for k, j in enumerate(order):
        significant = low[j] > reference or high[j] < reference
        axes.hlines(k, low[j], high[j], color=BLUE if significant else MUTED, lw=1.6)
        axes.plot(centre[j], k, "o", color=BLUE if significant else MUTED)
    axes.set_yticks(at, [names[j] for j in order])
    axes.set(xlabel=xlabel, ylim=(len(order) - 0.5, -0.5))
    logarithmic(axes, "x")
    ticks = [
        value
        for value in (0.2, 0.25, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 4, 5, 10)
        if low[order].min() * 0.9 <= value <= high[order].max() * 1.1
    ]
    axes.set_xticks(ticks, [f"{value:g}" for value in ticks])
    axes.minorticks_off()
    axes.grid(axis="y", visible=False)
    return picture.says(
        title, "; ".join(f"{names[j]} {centre[j]:.2f} [{low[j]:.2f}, {high[j]:.2f}]" for j in order) + "."
    )


@styled
def boundaries(
    grid: np.ndarray, maps: Mapping[str, np.ndarray], x: np.ndarray, y: np.ndarray, title: str, columns: int = 5
) -> Picture:
    """Draw a small map of the class probability ``(n, n)`` for each name, with the examples on top."""
    rows = -(-len(maps) // columns)
    picture = Picture((WIDE[0], 1.72 * rows), pad=0.02)
    colours = np.array([to_rgb(PALETTE[k]) for k in range(2)])
    for axes, (name, p) in zip(picture.subplots(rows, columns, squeeze=False).flat, maps.items()):
        image = np.concatenate([colours[(p > 0.5).astype(int)], 0.08 + 0.64 * np.abs(p - 0.5)[..., None]], axis=-1)
        axes.imshow(image, origin="lower", extent=(grid[0], grid[-1], grid[0], grid[-1]))
        if p.min() < 0.5 < p.max():
            axes.contour(grid, grid, p, [0.5], colors=INK, linewidths=0.8)
        for k in range(2):
            axes.scatter(*x[y == k].T, s=1.6, marker=MARKERS[k], color=PALETTE[k], lw=0)
        axes.set_title(name, fontsize=8, pad=2)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
    return picture.says(title, f"Maps of the plane colored by predicted class, one each for {', '.join(maps)}.")


@styled
def hidden_space(
    spaces: np.ndarray,
    borders: np.ndarray,
    y: np.ndarray,
    headings: Sequence[str],
    title: str,
    labels: tuple[str, str] = ("unit 1", "unit 2"),
) -> Picture:
    """Draw the examples in hidden-unit space ``(times, n, 2)``, with the decision boundary ``(times, 3)``."""
    picture = Picture((WIDE[0], 2.1), pad=0.02)
    for axes, points, border, heading in zip(
        picture.subplots(1, len(spaces), squeeze=False).flat, spaces, borders, headings
    ):
        for k in range(2):
            axes.scatter(*points[y == k].T, s=6, marker=MARKERS[k], color=PALETTE[k], lw=0, alpha=0.8)
        low, high = points.min(axis=0), points.max(axis=0)
        low, high = low - 0.1 * (high - low) - 1e-3, high + 0.1 * (high - low) + 1e-3
        (a, b, c), span = border, np.linspace(low[0], high[0], 2)
        if abs(b) > 1e-6:
            axes.plot(span, -(a * span + c) / b, color=INK, lw=1)
        else:
            axes.axvline(-c / a, color=INK, lw=1)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel=labels[0])
        axes.set_title(heading, fontsize=8, pad=2)
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.yaxis.set_major_locator(MaxNLocator(3))
    picture.axes[0].set_ylabel(labels[1])
    return picture.says(title, f"The examples in the space of the hidden units: {'; '.join(headings)}.")


@styled
def strips(
    groups: Mapping[str, np.ndarray],
    xlabel: str,
    title: str,
    log: bool = False,
    reference: tuple[str, float] | None = None,
) -> Picture:
    """Draw every value of each group as a dot, and the mean of the group as a bar."""
    picture = Picture((3.75, 0.95 + 0.3 * len(groups)))
    axes = picture.add_subplot()
    words = []
    for k, (name, values) in enumerate(groups.items()):
        shift = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else np.zeros(1)
        axes.plot(values, k + shift, "o", ms=3, color=BLUE, alpha=0.6, mew=0)
        axes.plot([np.mean(values)] * 2, [k - 0.3, k + 0.3], color=VERMILLION, lw=1.8)
        words.append(f"{name}: mean {np.mean(values):.3g}, {np.min(values):.3g} to {np.max(values):.3g}")
    if reference:
        axes.axvline(reference[1], color=MUTED, lw=1, ls="--", label=reference[0])
        axes.legend(loc="best", fontsize=7.5)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set(xlabel=xlabel, ylim=(len(groups) - 0.5, -0.5))
    if log:
        logarithmic(axes, "x")
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=RULE)
    return picture.says(title, f"One dot per value, a bar at the mean. {'; '.join(words)}.")
