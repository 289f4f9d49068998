"""Out-of-distribution detection."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture, image_grid
from layerwise.plots.studies import heat
from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.labels import method_names

KINDS = {
    "inverted": "inverted",
    "shuffled_tiles": "shuffled tiles",
    "static": "random pixels",
    "digits": "other digits",
    "fashion_mnist": "Fashion-MNIST",
}
SCORES = {"probability": "largest probability", "entropy": "entropy", "energy": "energy"}


def images(study: Study) -> Picture:
    """Draw some in-distribution images and some of each out-of-distribution kind."""
    pictures = study.group("picture")
    count = len(next(iter(pictures.values())))
    captions = [KINDS.get(kind, kind) if k == 0 else "" for kind in pictures for k in range(count)]
    return image_grid(
        np.concatenate(list(pictures.values())),
        captions,
        count,
        f"Test digits, and {len(pictures) - 1} kinds of out-of-distribution images",
    )


def draw(report: Report, study: Study) -> list[Picture]:
    """Draw the mean AUROC of each score for each out-of-distribution kind, one figure per model."""
    names = method_names(report, study)
    kinds = [kind for kind in study.group("picture") if kind != "familiar"]
    pictures = []
    for model in [run.partition("/")[0] for run in study.spec["runs"]]:
        area = np.array([[study[f"auroc.{kind}.{score}.{model}"].mean() for score in SCORES] for kind in kinds])
        row, column = np.unravel_index(area.argmin(), area.shape)
        score = list(SCORES.values())[column]
        pictures.append(
            heat(
                area,
                [KINDS.get(kind, kind) for kind in kinds],
                list(SCORES.values()),
                "score",
                "out-of-distribution images",
                f"{names[model]}: lowest AUROC with {score} on {KINDS.get(kinds[row], kinds[row])}, "
                f"{100 * area[row, column]:.0f}%",
            )
        )
    return pictures
