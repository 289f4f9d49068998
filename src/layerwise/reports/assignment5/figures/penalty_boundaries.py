"""L1 and L2 regularization: decision boundaries."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import boundaries
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw the decision boundary for increasing strengths of the L2 penalty."""
    validation, slope = study.group("validation"), study.group("slope")
    maps = {f"λ = {value}: {100 * validation[value].mean():.1f}%": p for value, p in study.group("boundary").items()}
    ends = list(slope)
    best = max(validation, key=lambda value: validation[value].mean())
    return boundaries(
        study["grid"],
        maps,
        study["x"],
        study["y"],
        f"From λ = {ends[0]} to {ends[-1]}, the probability's mean slope falls from {slope[ends[0]].mean():.2f} to "
        f"{slope[ends[-1]].mean():.2f}; λ = {best} has the highest accuracy, {100 * validation[best].mean():.1f}%",
    )
