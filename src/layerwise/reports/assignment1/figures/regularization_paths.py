"""L1 and L2 regularization paths."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import coefficient_paths, lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the coefficients against the strength of an L1 and an L2 penalty, and the validation loss of both."""
    info = study.dataset.info
    names = info["feature_names"] or [f"pixel {i}" for i in range(np.prod(info["shape"]))]
    pictures = []
    for penalty in ("l1", "l2"):
        best = float(study[f"best.{penalty}"][0])
        zeros = float(study[f"zeros.{penalty}"].mean())
        pictures.append(
            coefficient_paths(
                study["strength"],
                study[f"coefficients.{penalty}"],
                names,
                best,
                f"{penalty.upper()} strength λ",
                f"{penalty.upper()} at its best strength sets {100 * zeros:.0f}% of the weights to exactly zero",
            )
        )
    losses = study.group("validation")
    lowest = min(losses, key=lambda penalty: losses[penalty].min())
    pictures.append(
        lines(
            {name.upper(): (study["strength"], values) for name, values in losses.items()},
            "penalty strength λ",
            "validation log loss (nats)",
            f"{lowest.upper()} reaches the lowest validation loss, {losses[lowest].min():.3f}",
            log="x",
        )
    )
    return pictures
