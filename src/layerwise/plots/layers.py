"""Figures of distributions layer by layer, and of two loss curves that should coincide."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import MaxNLocator

from layerwise.plots.style import BLUE, MUTED, VERMILLION, WIDE, Picture, styled

Rows = Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]


@styled
def histograms(rows: Rows, title: str) -> Picture:
    """Draw the distribution of each layer's values before (gray) and after training (blue), one column per layer.

    Parameters
    ----------
    rows : mapping
        Name of the values → edges ``(bins + 1,)``, shares before and shares after ``(layers, bins)``.
    title : str
        The finding.
    """
    layers = len(next(iter(rows.values()))[1])
    picture = Picture((WIDE[0], 0.4 + 1.25 * len(rows)), pad=0.02)
    grid = picture.subplots(len(rows), layers, squeeze=False)
    words = []
    for across, (name, (edges, before, after)) in zip(grid, rows.items()):
        top = np.quantile(np.concatenate([before, after]), 0.995) * 1.15
        for layer, axes in enumerate(across):
            axes.stairs(before[layer], edges, color=MUTED, fill=True, alpha=0.3, label="before")
            axes.stairs(after[layer], edges, color=BLUE, lw=1.2, label="after")
            axes.set(ylim=(0, top), xlim=(edges[0], edges[-1]), yticks=[])
            axes.spines["left"].set_visible(False)
            axes.xaxis.set_major_locator(MaxNLocator(3, symmetric=edges[0] < 0))
        across[0].set_ylabel(name)
        middle = (edges[1:] + edges[:-1]) / 2
        for when, shares in (("before", before), ("after", after)):
            rms = np.sqrt((shares * middle**2).sum(axis=1) / shares.sum(axis=1))
            words.append(f"{name} {when} training, RMS by layer: " + ", ".join(f"{value:.2g}" for value in rms))
    for layer, axes in enumerate(grid[0]):
        axes.set_title(f"hidden layer {layer + 1}", fontsize=8, pad=2)
    grid[0][0].legend(loc="best", fontsize=7)
    return picture.says(title, f"Histograms by layer, gray before training and blue after it. {'; '.join(words)}.")


@styled
def overlay(steps: np.ndarray, line: tuple[str, np.ndarray], dots: tuple[str, np.ndarray], title: str) -> Picture:
    """Draw two named losses ``(steps,)``, one as a line and about 40 values of the other as circles."""
    picture = Picture()
    axes = picture.add_subplot()
    sample = slice(None, None, max(1, len(steps) // 40))
    axes.plot(steps, line[1], color=BLUE, lw=1.2, label=line[0])
    axes.plot(steps[sample], dots[1][sample], "o", ms=5, mfc="none", mec=VERMILLION, label=dots[0])
    axes.set(xlabel="step", ylabel="batch loss (nats)")
    axes.legend()
    ends = "; ".join(f"{name} from {values[0]:.4f} to {values[-1]:.4f}" for name, values in (line, dots))
    return picture.says(title, f"Loss over steps, one as a line, the other as circles. {ends}.")
