"""Figures of factorial designs: interaction plots and effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.evaluation.compare import interval
from layerwise.plots.style import (
    BACKEND_COLOURS,
    BACKEND_MARKERS,
    BACKEND_NAMES,
    MUTED,
    PALETTE,
    WIDE,
    Picture,
    styled,
)


@styled
def interactions(
    tables: Mapping[str, np.ndarray], factors: Sequence[str], ylabel: str, title: str, scale: float = 1.0
) -> Picture:
    """Draw an interaction plot of every pair of factors: one along the axis, one line for each level of the other.

    Parallel lines mean that the two factors do not interact.

    Parameters
    ----------
    tables : mapping
        Name of a row of panels → measure ``(seeds, 2, 2, …)``, with one axis per factor, off and on.
    factors : sequence of str
        Names of these axes.
    ylabel, title : str
        Name of the measure, and the finding.
    scale : float
        Factor applied to the values, 100 for percent.
    """
    pairs = [(a, b) for a in range(len(factors)) for b in range(a + 1, len(factors))]
    picture = Picture((WIDE[0], 2.1 * len(tables)))
    grid = picture.subplots(len(tables), len(pairs), squeeze=False, sharey="row", sharex=True)
    words = []
    for i, (name, table) in enumerate(tables.items()):
        for axes, (a, b) in zip(grid[i], pairs):
            rest = tuple(k + 1 for k in range(len(factors)) if k not in (a, b))
            square = scale * table.mean(axis=rest)  # (seeds, off or on of a, off or on of b)
            for level, colour, state in ((0, PALETTE[0], "without"), (1, PALETTE[1], "with")):
                mean, half = interval(square[:, :, level])
                axes.errorbar(
                    np.array([0, 1]) + 0.03 * (2 * level - 1), mean, yerr=half, fmt="o-", color=colour, lw=1.4,
                    label=f"{state} {factors[b]}",
                )  # fmt: skip
            axes.set_xticks([0, 1], ["without", "with"])
            axes.set_xlim(-0.3, 1.3)
            axes.set_xlabel(factors[a] if i == len(tables) - 1 else "")
            if i == 0:
                axes.legend(fontsize=7, loc="best")
            means = square.mean(axis=0)
            words.append(
                f"{name}, {factors[a]} and {factors[b]}: neither {means[0, 0]:.3g}, {factors[a]} {means[1, 0]:.3g}, "
                f"{factors[b]} {means[0, 1]:.3g}, both {means[1, 1]:.3g}"
            )
        grid[i][0].set_ylabel(f"{ylabel}\n{name}")
    return picture.says(title, f"Means with 95% intervals over seeds. {'; '.join(words)}.")


@styled
def effects(values: Mapping[str, Mapping[str, np.ndarray]], xlabel: str, title: str, scale: float = 1.0) -> Picture:
    """Draw the mean and 95% interval of the effect of each term, with one marker per backend.

    Parameters
    ----------
    values : mapping
        Backend → term → effects ``(seeds,)``.
    """
    terms = list(next(iter(values.values())))
    picture = Picture((3.75, 0.8 + 0.24 * len(terms)))
    axes = picture.add_subplot()
    axes.axvline(0, color=MUTED, lw=0.8)
    shifts = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else np.zeros(1)
    words = []
    for shift, (backend, by_term) in zip(shifts, values.items()):
        mean, half = interval(scale * np.stack([by_term[term] for term in terms], axis=1))
        axes.errorbar(
            mean, np.arange(len(terms)) + shift, xerr=half, fmt=BACKEND_MARKERS[backend], ms=3.5, lw=1.3,
            color=BACKEND_COLOURS[backend], label=BACKEND_NAMES[backend],
        )  # fmt: skip
        words += [f"{BACKEND_NAMES[backend]}, {term} {m:+.2f} ± {h:.2f}" for term, m, h in zip(terms, mean, half)]
    axes.set_yticks(range(len(terms)), terms)
    axes.set(xlabel=xlabel, ylim=(len(terms) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    if len(values) > 1:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, borderaxespad=0)
    return picture.says(title, f"Means with 95% intervals over seeds. {'; '.join(words)}.")
