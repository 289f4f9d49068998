"""Class activation maps."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.series import along
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.labels import method_names


def draw(report: Report, study: Study) -> list[Picture]:
    """Draw the class-activation map along one series of each class, for each network."""
    classes = report.datasets[study.spec["datasets"][0]].names
    pictures = []
    for model, maps in study.group("map").items():
        share = np.sort(np.maximum(maps, 0), axis=1)[:, ::-1]
        top = share[:, : max(1, maps.shape[1] // 4)].sum() / share.sum()
        called = method_names(report, study)[model]
        title = f"{called}: a quarter of the steps brings {100 * top:.0f} % of what speaks for the class"
        pictures.append(along(study["series"], maps, classes, title))
    return pictures


def deletion(report: Report, study: Study) -> list[Picture]:
    """Draw how the winning class loses its probability as steps are set to zero, by the map or in random order."""
    pictures = []
    for model, curve in study.group("removed").items():
        chance, share = study[f"random.{model}"], 100 * study["share"]
        pictures.append(
            lines(
                {"highest map first": (share, curve), "random order": (share, chance)},
                "steps set to zero (%)",
                "probability of the class that had won",
                f"{method_names(report, study)[model]}: without the {share[1]:.0f} % of steps that say most, "
                f"{curve[:, 1].mean():.2f} is left, without any others {chance[:, 1].mean():.2f}",
            )
        )
    return pictures
