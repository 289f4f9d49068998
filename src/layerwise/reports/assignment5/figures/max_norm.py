"""Max-norm constraint."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment5.figures.labels import DROPOUT_NETWORKS


def draw(study: Study) -> list[Picture]:
    """Draw the validation error against the learning rate, and the test error at the chosen rates."""
    rates = study["rates"]
    chosen = study.group("chosen")
    best = min(chosen, key=lambda name: chosen[name].mean())
    high = {name: 100 * values.mean() for name, values in study.group("highest").items()}
    return [
        lines(
            {DROPOUT_NETWORKS[name]: (rates, study[name]) for name in DROPOUT_NETWORKS},
            "learning rate (momentum 0.95)",
            "validation error",
            f"At learning rate {rates[-1]:g}, the error with dropout is {high['dropout']:.0f}%, with a max-norm of "
            f"{study.arguments['limit']:g} it is {high['dropout_max_norm']:.0f}%",
            log="x",
            marked=True,
        ),
        strips(
            {DROPOUT_NETWORKS[name]: values for name, values in chosen.items()},
            "test error at the chosen rate",
            f"Lowest test error: {DROPOUT_NETWORKS[best]}, {100 * chosen[best].mean():.1f}%",
        ),
    ]
