"""Figures of convolution: small matrices, kernel positions, network costs, embeddings by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from layerwise.nn.kernels.convolution_geometry import Window
from layerwise.plots.style import (
    BACKEND_MARKERS,
    BACKEND_NAMES,
    BLUE,
    INK,
    MUTED,
    PALETTE,
    RULE,
    VERMILLION,
    WIDE,
    Picture,
    letter,
    logarithmic,
    quiet,
    styled,
)


@styled
def number_grids(grids: Mapping[str, np.ndarray], title: str) -> Picture:
    """Draw small matrices side by side with their numbers, positive ones in blue and negative ones in vermillion."""
    across = sum(grid.shape[1] for grid in grids.values()) + 0.8 * len(grids)
    tallest = max(len(grid) for grid in grids.values())
    cell = min(0.3, WIDE[0] / across)
    picture = Picture((cell * across, cell * tallest + 0.5), pad=0.02)
    widths = [grid.shape[1] for grid in grids.values()]
    for axes, (heading, grid) in zip(
        picture.subplots(1, len(grids), squeeze=False, width_ratios=widths).flat, grids.items()
    ):
        quiet(axes)
        strength = np.abs(grid) / (np.abs(grid).max() or 1)
        colour = np.where((grid > 0)[..., None], to_rgb(BLUE), to_rgb(VERMILLION))
        axes.imshow(np.concatenate([colour, 0.45 * strength[..., None]], axis=-1))
        axes.spines[:].set(visible=True, color=MUTED, lw=0.5)
        for (i, j), value in np.ndenumerate(grid):
            axes.text(j, i, f"{value:g}".replace("-", "−"), ha="center", va="center", fontsize=8)
        axes.set_title(heading, fontsize=8, pad=3)
    words = "; ".join(f"{name}: {grid.astype(float).round(3).tolist()}" for name, grid in grids.items())
    return picture.says(title, words)


@styled
def windows(cases: Mapping[str, Window], title: str) -> Picture:
    """Draw the first positions of a square window on a padded image and the size of the output, for several windows.

    The first position is blue, the second vermillion; padding is drawn as empty cells.
    """
    sides = [case.before + case.length + case.after for case in cases.values()]
    widths = [side + case.count + 1.6 for side, case in zip(sides, cases.values())]
    picture = Picture((WIDE[0], 0.5 + WIDE[0] / sum(widths) * (max(sides) + 0.5)), pad=0.02)
    panels = picture.subplots(1, len(cases), squeeze=False, width_ratios=widths).flat
    words = []
    for axes, side, width, (heading, window) in zip(panels, sides, widths, cases.items()):
        quiet(axes)
        for i, j in np.ndindex(side, side):
            inside = all(window.before <= k < window.before + window.length for k in (i, j))
            axes.add_patch(Rectangle((j, i), 1, 1, facecolor=RULE if inside else "none", edgecolor=MUTED, lw=0.4,
                                     ls="-" if inside else ":"))  # fmt: skip
        for i, j in np.ndindex(window.count, window.count):
            axes.add_patch(Rectangle((side + 1 + j, i), 1, 1, facecolor=RULE, edgecolor=MUTED, lw=0.4))
        for k, colour in enumerate((BLUE, VERMILLION)[: window.count]):
            for corner, size in (((k * window.stride, 0), window.size), ((side + 1 + k, 0), 1)):
                axes.add_patch(Rectangle(corner, size, size, facecolor="none", edgecolor=colour, lw=1.6))
        axes.set(xlim=(-0.2, width - 0.2), ylim=(max(sides) + 0.2, -0.2), aspect="equal", anchor="N")
        axes.set_title(f"{heading}\n{window.length} → {window.count}", fontsize=8, pad=3)
        words.append(f"{heading}: {window.before} zeros before, {window.after} after, {window.count} positions")
    return picture.says(title, "; ".join(words) + ".")


COSTS = {
    "parameters": "parameters",
    "multiply_adds": "multiply-adds per image",
    "seconds": "CPU s/epoch",
    "memory": "peak training memory (MB)",
}


@styled
def costs(table: pd.DataFrame, title: str) -> Picture:
    """Draw accuracy against the cost of a network: parameters, multiply-adds, CPU time and memory.

    Parameters
    ----------
    table : DataFrame
        Columns ``network``, ``backend``, ``mean``, ``low``, ``high`` (test accuracy and its interval) and the keys of
        ``COSTS``.
    title : str
        The finding.
    """
    picture = Picture((WIDE[0], 5.2))
    rows: list[dict[Any, Any]] = table.to_dict("records")
    networks = list(dict.fromkeys(row["network"] for row in rows))
    panels = picture.subplots(2, 2, sharey=True)
    for axes, (column, label) in zip(panels.flat, COSTS.items()):
        for row in rows:
            colour = PALETTE[networks.index(row["network"]) % len(PALETTE)]
            fill = "none" if row["backend"] == "keras" else colour
            axes.vlines(row[column], row["low"], row["high"], color=colour, lw=1.2, alpha=0.7)
            axes.plot(row[column], row["mean"], BACKEND_MARKERS[row["backend"]], color=colour, markersize=6,
                      markerfacecolor=fill)  # fmt: skip
        axes.set_xlabel(label)
        logarithmic(axes, "x")
    for axes in panels[:, 0]:
        axes.set_ylabel("test accuracy")
    _legend(panels[0, 0], networks, list(dict.fromkeys(row["backend"] for row in rows)))
    words = "; ".join(
        f"{row['network']}, {BACKEND_NAMES[row['backend']]}: accuracy {row['mean']:.3f}, {row['parameters']:,} "
        f"parameters, {row['multiply_adds']:,} multiply-adds"
        for row in rows
    )
    return picture.says(title, f"Four panels, one per cost; bars are 95% intervals over seeds. {words}.")


def _legend(axes: Axes, networks: Sequence[str], backends: Sequence[str]) -> None:
    """Add a legend with the color of each network and the marker of each backend."""
    for k, network in enumerate(networks):
        axes.plot([], [], "o", color=PALETTE[k % len(PALETTE)], label=network)
    for backend in backends:
        fill = "none" if backend == "keras" else INK
        axes.plot([], [], BACKEND_MARKERS[backend], color=INK, markerfacecolor=fill, label=BACKEND_NAMES[backend])
    axes.legend(loc="lower right", fontsize=7, handletextpad=0.2)


@styled
def embeddings(points: Mapping[str, np.ndarray], y: np.ndarray, names: Sequence[str], title: str) -> Picture:
    """Draw the 2-D embedding ``(n, 2)`` of the examples at each layer, each as the first letter of its class."""
    picture = Picture((WIDE[0], WIDE[0] / len(points) + 0.35), pad=0.02)
    for axes, (heading, xy) in zip(picture.subplots(1, len(points), squeeze=False).flat, points.items()):
        quiet(axes)
        axes.spines[:].set(visible=True, color=RULE, lw=0.6)
        for k, name in enumerate(names):
            axes.plot(*xy[y == k].T, marker=letter(name), ls="none", color=PALETTE[k % len(PALETTE)], ms=4, mew=0)
        axes.margins(0.04)
        axes.set_title(heading, fontsize=8, pad=3)
    return picture.says(title, f"The same {len(y)} examples, one panel for each of: {', '.join(points)}.")
