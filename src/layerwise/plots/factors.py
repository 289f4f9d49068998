"""Figures of factorial designs: interaction plots and effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.evaluation.compare import interval
from layerwise.plots.pictures import MARKERS
from layerwise.plots.style import (
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
                axes.legend(fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, borderaxespad=0)
            means = square.mean(axis=0)
            words.append(
                f"{name}, {factors[a]} and {factors[b]}: neither {means[0, 0]:.3g}, {factors[a]} {means[1, 0]:.3g}, "
                f"{factors[b]} {means[0, 1]:.3g}, both {means[1, 1]:.3g}"
            )
        grid[i][0].set_ylabel(f"{ylabel}\n{name}")
    return picture.says(title, f"Means with 95% intervals over seeds. {'; '.join(words)}.")


@styled
def effects(
    groups: Mapping[str, Mapping[str, Sequence[float] | np.ndarray]], xlabel: str, title: str, scale: float = 1.0
) -> Picture:
    """Draw the effect of each term with its interval, with one marker per group.

    Parameters
    ----------
    groups : mapping
        Group → term → mean effect and ends of its 95% interval.
    """
    terms = list(next(iter(groups.values())))
    picture = Picture((3.75, 0.9 + 0.3 * len(terms)))
    axes = picture.add_subplot()
    axes.axvline(0, color=MUTED, lw=0.8)
    shifts = np.linspace(-0.16, 0.16, len(groups)) if len(groups) > 1 else np.zeros(1)
    words = []
    for k, (shift, (group, by_term)) in enumerate(zip(shifts, groups.items())):
        mean, low, high = scale * np.array([by_term[term][:3] for term in terms]).T
        axes.errorbar(
            mean, np.arange(len(terms)) + shift, xerr=[mean - low, high - mean], fmt=MARKERS[k], ms=3.5, lw=1.3,
            color=PALETTE[k], label=group,
        )  # fmt: skip
        words += [f"{group}, {term} {m:+.2f} [{a:+.2f}, {b:+.2f}]" for term, m, a, b in zip(terms, mean, low, high)]
    axes.set_yticks(range(len(terms)), terms)
    axes.set(xlabel=xlabel, ylim=(len(terms) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    if len(groups) > 1:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0)
    return picture.says(title, f"Means with 95% intervals. {'; '.join(words)}.")
