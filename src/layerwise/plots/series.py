"""Figures of time series: forecasts with prediction intervals, and class evidence at each time step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.plots.style import BLUE, INK, MUTED, PALETTE, VERMILLION, WIDE, Picture, quiet, styled


@styled
def intervals(
    time: np.ndarray,
    truth: np.ndarray,
    made: Mapping[str, tuple[np.ndarray, float]],
    xlabel: str,
    ylabel: str,
    title: str,
    parts: Sequence[float] = (),
) -> Picture:
    """Draw a series ``(n,)`` and its forecasts, each ``(n,)`` with the half-width of its prediction interval.

    The interval of the first forecast is drawn as a band; vertical lines at the times ``parts`` divide the series.
    """
    picture = Picture(WIDE)
    axes = picture.add_subplot()
    words = []
    for k, (name, (values, half)) in enumerate(made.items()):
        axes.plot(time, values, color=PALETTE[k], lw=1.3, label=name)
        if k == 0:
            axes.fill_between(time, values - half, values + half, color=PALETTE[k], alpha=0.15, lw=0)
            outside = np.abs(values - truth) > half
            axes.plot(
                time[outside], truth[outside], "o", ms=4.5, mfc="none", mec=VERMILLION, label="outside its interval"
            )
        covered = 100 * np.mean(np.abs(values - truth) <= half)
        words.append(f"{name} within ±{half:.3g} at {covered:.0f}% of the steps")
    axes.plot(time, truth, color=INK, lw=1, label="observed")
    for divider in parts:
        axes.axvline(divider, color=MUTED, lw=0.8, ls=":")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend(ncols=len(made) + 2, loc="upper left")
    axes.margins(x=0.01, y=0.16)
    return picture.says(title, f"A series from {time[0]:g} to {time[-1]:g} and its forecasts. {'; '.join(words)}.")


@styled
def along(series: np.ndarray, maps: np.ndarray, names: Sequence[str], title: str, columns: int = 5) -> Picture:
    """Draw series ``(k, T)`` with steps that are evidence for the class in blue, and against it in vermillion."""
    rows = -(-len(series) // columns)
    picture = Picture((WIDE[0], 1.25 * rows), pad=0.02)
    steps = np.arange(series.shape[1])
    for axes, values, weight, name in zip(picture.subplots(rows, columns, squeeze=False).flat, series, maps, names):
        strength = np.abs(weight) / (np.abs(weight).max() or 1)
        axes.plot(steps, values, color=MUTED, lw=0.7, zorder=1)
        for sign, colour in ((1, BLUE), (-1, VERMILLION)):
            chosen = np.sign(weight) == sign
            if chosen.any():
                axes.scatter(steps[chosen], values[chosen], s=14, c=colour, alpha=strength[chosen], lw=0, zorder=2)
        quiet(axes)
        axes.set_title(name, fontsize=8, pad=2)
    return picture.says(
        title, f"{len(series)} series, one for each of {', '.join(names)}; stronger dots carry more evidence."
    )
