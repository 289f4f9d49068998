"""Figures of computational graphs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle

from layerwise.plots.style import BLUE, INK, MUTED, PAPER, VERMILLION, WIDE, Picture, quiet, styled


@styled
def computational_graph(
    names: Sequence[str],
    positions: Sequence[tuple[float, float]],
    values: np.ndarray,
    gradients: np.ndarray,
    edges: np.ndarray,
    title: str,
) -> Picture:
    """Draw the values of a graph as boxes with their gradients, and an arrow from each operand to its result.

    Parameters
    ----------
    names : sequence of str
        Name of each node.
    positions : sequence of (float, float)
        Column and row of each node; row 0 is at the top.
    values, gradients : ndarray of shape (nodes,)
        The numbers in the boxes: the value in blue, the gradient in vermillion.
    edges : ndarray of shape (edges, 2)
        Indices of operand and result. Repeated edges are drawn as curves.
    title : str
        The finding.
    """
    picture = Picture((WIDE[0], 0.62 * (1 + max(row for _, row in positions))), pad=0.02)
    axes = picture.add_subplot()
    quiet(axes)
    width, height = 0.82, 0.62
    pairs = [tuple(map(int, edge)) for edge in edges]
    for i, (start, end) in enumerate(pairs):
        (x0, y0), (x1, y1) = positions[start], positions[end]
        bend = 0.0 if pairs.count((start, end)) == 1 else 0.35 * (1 if (start, end) in pairs[:i] else -1)
        axes.annotate(
            "",
            (x1 - width / 2, y1),
            (x0 + width / 2, y0),
            arrowprops={"arrowstyle": "->", "color": MUTED, "lw": 0.9, "connectionstyle": f"arc3,rad={bend}"},
        )
    for name, (x, y), value, gradient in zip(names, positions, values, gradients):
        corner = (x - width / 2, y - height / 2)
        axes.add_patch(Rectangle(corner, width, height, facecolor=PAPER, edgecolor=MUTED, lw=0.7))
        axes.text(x, y - 0.16, name, ha="center", va="center", fontsize=7.5, color=INK)
        axes.text(x - 0.02, y + 0.14, f"{value:.3f}".replace("-", "−"), ha="right", va="center", fontsize=7, color=BLUE)
        axes.text(x + 0.02, y + 0.14, f"{gradient:.3f}".replace("-", "−"), ha="left", va="center", fontsize=7,
                  color=VERMILLION)  # fmt: skip
    columns, rows = zip(*positions)
    axes.set(xlim=(-0.5, max(columns) + 0.5), ylim=(max(rows) + 0.5, -0.5))
    words = "; ".join(f"{n}: value {v:.3f}, gradient {g:.3f}" for n, v, g in zip(names, values, gradients))
    return picture.says(title, f"Boxes with value and gradient, arrows from operands to results. {words}.")
