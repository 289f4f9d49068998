"""Figures of regression results."""

from __future__ import annotations

import numpy as np

from layerwise.plots.style import BLUE, MUTED, Picture, styled

MOST_POINTS = 2000


@styled
def predicted_against_true(y: np.ndarray, p: np.ndarray, name: str) -> Picture:
    """Draw predictions ``(n,)`` against true values ``(n,)``, at most 2,000 of them, with the diagonal.

    Parameters
    ----------
    y, p : ndarray of shape (n,)
        True and predicted values, in the units of the target.
    name : str
        Name of the target.
    """
    picture = Picture((3.75, 3.4))
    axes = picture.add_subplot()
    shown = np.random.default_rng(0).permutation(len(y))[:MOST_POINTS]
    ends = [min(y.min(), p.min()), max(y.max(), p.max())]
    axes.plot(ends, ends, color=MUTED, lw=1, ls="--", label="perfect prediction")
    axes.plot(y[shown], p[shown], "o", ms=3, mew=0, alpha=0.5, color=BLUE)
    axes.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
    axes.legend(loc="upper left")
    error = float(np.sqrt(np.mean((p - y) ** 2)))
    bias = float(np.mean(p - y))
    correlation = float(np.corrcoef(y, p)[0, 1]) if np.ptp(p) and np.ptp(y) else 0.0
    sample = f"{len(shown):,} of {len(y):,} test rows" if len(shown) < len(y) else f"{len(y):,} test rows"
    return picture.says(
        f"RMSE {error:.3g}; correlation {correlation:.2f}",
        f"Predicted against true {name} of {sample}; mean error {bias:+.3g}, range {ends[0]:.3g} to {ends[1]:.3g}.",
    )
