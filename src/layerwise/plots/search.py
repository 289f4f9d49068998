"""Figures of hyperparameter searches: progress, medians, box plots, parallel coordinates, response surfaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from layerwise.plots.style import BLUE, INK, MUTED, PALETTE, PAPER, VERMILLION, WIDE, Picture, logarithmic, styled

SHADES = LinearSegmentedColormap.from_list("shades", [PAPER, "#9fc5de", "#0072b2", "#003b5c"])


@styled
def courses(series: Mapping[str, tuple[np.ndarray, np.ndarray]], xlabel: str, ylabel: str, title: str) -> Picture:
    """Draw the progress of each search: every value at its cost as a dot, the best so far as steps; NaN is skipped."""
    picture = Picture((WIDE[0], 2.3), pad=0.02)
    words = []
    panels = picture.subplots(1, len(series), sharey=True, squeeze=False).flat
    for axes, (name, (cost, value)) in zip(panels, series.items()):
        best = np.fmax.accumulate(value)
        axes.plot(cost, value, "o", ms=2.4, color=MUTED, alpha=0.6, mew=0)
        axes.step(cost, best, where="post", color=BLUE, lw=1.6)
        axes.set_title(f"{name}: {best[-1]:.3f}", fontsize=8, pad=2)
        axes.set(xlabel=xlabel)
        words.append(f"{name} ends at {best[-1]:.4f} after {cost[-1]:.0f}")
    picture.axes[0].set_ylabel(ylabel)
    return picture.says(title, f"Values as dots, the best so far as a line, over {xlabel}. {'; '.join(words)}.")


@styled
def quartiles(
    x: np.ndarray,
    series: Mapping[str, np.ndarray],
    xlabel: str,
    ylabel: str,
    title: str,
) -> Picture:
    """Draw the median of each series ``(repeats, n)`` over its repeats on a logarithmic axis, between the quartiles."""
    picture = Picture((WIDE[0], 3.0))
    axes = picture.add_subplot()
    words = []
    for colour, (name, values) in zip(PALETTE, series.items()):
        finite = np.isfinite(values).all(axis=0)
        low, median, high = np.quantile(values[:, finite], [0.25, 0.5, 0.75], axis=0)
        axes.plot(x[finite], median, color=colour, label=name)
        axes.fill_between(x[finite], low, high, color=colour, alpha=0.16, lw=0)
        words.append(f"{name} ends at {median[-1]:.4f}, quartiles {low[-1]:.4f} and {high[-1]:.4f}")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    logarithmic(axes, "y")
    axes.legend(loc="upper right")
    repeats = len(next(iter(series.values())))
    return picture.says(title, f"Medians and quartiles over {repeats} repeats. {'; '.join(words)}.")


@styled
def boxes(
    groups: Mapping[str, np.ndarray],
    xlabel: str,
    ylabel: str,
    title: str,
    reference: tuple[str, float] | None = None,
    limits: tuple[float, float] | None = None,
) -> Picture:
    """Draw a box plot of each group, with whiskers from minimum to maximum, and an optional named line."""
    picture = Picture()
    axes = picture.add_subplot()
    axes.boxplot(
        list(groups.values()),
        tick_labels=list(groups),
        whis=(0, 100),
        widths=0.55,
        boxprops={"color": BLUE},
        whiskerprops={"color": BLUE},
        capprops={"color": BLUE},
        medianprops={"color": VERMILLION, "lw": 1.6},
    )
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if limits:
        axes.set_ylim(*limits)
    if reference:
        axes.axhline(reference[1], color=MUTED, lw=1, ls="--")
        axes.annotate(reference[0], (1, reference[1]), (0, 3), ("axes fraction", "data"), "offset points", ha="right",
                      fontsize=7.5, color=MUTED)  # fmt: skip
    words = "; ".join(f"{name}: median {np.median(values):.4f} of {len(values)}" for name, values in groups.items())
    return picture.says(title, f"{ylabel} by {xlabel}, boxes from quartile to quartile. {words}.")


@styled
def parallel(
    positions: np.ndarray, value: np.ndarray, ends: Sequence[tuple[str, str, str]], label: str, title: str
) -> Picture:
    """Draw each trial as a line across its hyperparameters (parallel coordinates), the best tenth on top in color.

    Parameters
    ----------
    positions : ndarray of shape (n, d)
        Hyperparameters scaled to 0–1; NaN where one is not in use.
    value : ndarray of shape (n,)
        Result of each trial; higher is better.
    ends : sequence of (str, str, str)
        Name, lowest and highest value of each hyperparameter.
    label : str
        Name of the result.
    title : str
        The finding.
    """
    picture = Picture((WIDE[0], 3.2))
    axes = picture.add_subplot()
    top = value >= np.quantile(value, 0.9)
    at = range(positions.shape[1])
    for row in np.argsort(value, kind="stable"):
        jitter = np.random.default_rng(row).uniform(-0.012, 0.012, len(at))  # separates trials with equal choices
        line = positions[row] + jitter
        colour, width = (VERMILLION, 0.9) if top[row] else (MUTED, 0.4)
        axes.plot(at, line, color=colour, lw=width, alpha=0.8 if top[row] else 0.35)
    for x, (name, low, high) in zip(at, ends):
        axes.vlines(x, 0, 1, color=INK, lw=0.7)
        for y, text, side in ((-0.05, low, "top"), (1.05, high, "bottom")):
            axes.text(x, y, text, ha="center", va=side, fontsize=7.5, color=MUTED)
        axes.text(x, 1.17, name, ha="center", va="bottom", fontsize=8)
    axes.set(xlim=(-0.4, len(at) - 0.6), ylim=(-0.16, 1.3), xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    names = ", ".join(name for name, *_ in ends)
    return picture.says(
        title, f"Lines of {len(value)} trials across {names}; the tenth with the best {label} in color."
    )


@styled
def landscape(
    axis: np.ndarray,
    surface: np.ndarray,
    trials: np.ndarray,
    ticks: Sequence[tuple[Sequence[float], Sequence[str]]],
    labels: tuple[str, str],
    title: str,
    best: np.ndarray,
) -> Picture:
    """Draw the contours of an objective ``(axis, axis)`` over two hyperparameters, with the trials and the best one."""
    picture = Picture((3.75, 3.2))
    axes = picture.add_subplot()
    contours = axes.contourf(axis, axis, surface, 10, cmap=SHADES, alpha=0.75)
    axes.plot(*trials.T, "o", ms=1.8, color=INK, alpha=0.5, mew=0)
    axes.plot(*best, "*", ms=11, color=VERMILLION, mec=PAPER, mew=0.6)
    _scale(axes, ticks, labels)
    picture.colorbar(contours, ax=axes, shrink=0.85, label="validation accuracy (modeled)")
    return picture.says(title, f"{len(trials)} trials as dots, the best as a star, over {labels[0]} and {labels[1]}.")


@styled
def layouts(
    axis: np.ndarray,
    surface: np.ndarray,
    points: Mapping[str, np.ndarray],
    ticks: Sequence[tuple[Sequence[float], Sequence[str]]],
    labels: tuple[str, str],
    title: str,
) -> Picture:
    """Draw the nine trials of each design on a response surface, with the profile over the first hyperparameter above.

    The profile is the best value over the second hyperparameter.
    """
    picture = Picture((WIDE[0], 3.4), pad=0.02)
    panels = picture.subplots(2, len(points), height_ratios=[1, 2.2], sharex=True, sharey="row", squeeze=False)
    profile = surface.max(axis=0)
    words = []
    for (above, axes), (name, chosen) in zip(panels.T, points.items()):
        distinct = np.unique(chosen[:, 0].round(6))
        above.plot(axis, profile, color=MUTED, lw=1)
        above.plot(distinct, np.interp(distinct, axis, profile), "o", ms=4, color=VERMILLION)
        above.set_title(f"{name}: {len(distinct)} values", fontsize=8, pad=2)
        axes.contourf(axis, axis, surface, 10, cmap=SHADES, alpha=0.75)
        axes.plot(*chosen.T, "o", ms=4.5, color=VERMILLION, mec=PAPER, mew=0.5)
        _scale(axes, ticks, labels)
        words.append(f"{name} tries {len(distinct)} values of {labels[0]}")
    panels[0, 0].set_ylabel("best over\nthe other")
    for axes in panels[1, 1:]:
        axes.set_ylabel("")
    return picture.says(title, f"Nine trials on a response surface, one panel per design. {'; '.join(words)}.")


def _scale(axes: Axes, ticks: Sequence[tuple[Sequence[float], Sequence[str]]], labels: tuple[str, str]) -> None:
    """Label the axes, which run from 0 to 1, with hyperparameter names and values."""
    axes.set_xticks(*ticks[0])
    axes.set_yticks(*ticks[1])
    axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(0, 1), ylim=(0, 1))
    axes.grid(False)
