"""AdamW vs L2."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import heat
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the validation accuracy by learning rate and strength, for L2 in Adam and for AdamW."""
    rates, values = study["rates"], study["values"]
    pictures = []
    for way, words in (("penalty", "Adam with an L2 penalty"), ("decay", "AdamW")):
        accuracy = 1 - study[f"validation.{way}"].mean(axis=0)
        near_best = (accuracy > accuracy.max() - 0.02).sum()
        pictures.append(
            heat(
                accuracy,
                [f"{rate:g}" for rate in rates],
                [f"{value:g}" for value in values],
                "weight decay δ = 2λ",
                "learning rate",
                f"{words}: best {100 * accuracy.max():.1f}%, {near_best} of {accuracy.size} settings within 2 points",
            )
        )
    return pictures
