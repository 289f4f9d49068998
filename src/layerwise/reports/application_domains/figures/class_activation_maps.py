"""Class activation maps."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.series import along
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Report, Study
from layerwise.reports.application_domains.figures.labels import method_names


def draw(report: Report, study: Study) -> list[Picture]:
    """Draw the class activation map of one series per class, for each network."""
    classes = report.datasets[study.spec["datasets"][0]].names
    pictures = []
    for model, maps in study.group("map").items():
        share = np.sort(np.maximum(maps, 0), axis=1)[:, ::-1]
        top = share[:, : max(1, maps.shape[1] // 4)].sum() / share.sum()
        network = method_names(report, study)[model]
        title = f"{network}: a quarter of the steps contributes {100 * top:.0f}% of the evidence for the class"
        pictures.append(along(study["series"], maps, classes, title))
    return pictures


def deletion(report: Report, study: Study) -> list[Picture]:
    """Draw the probability of the predicted class as steps are set to zero by the map or in random order."""
    pictures = []
    for model, curve in study.group("removed").items():
        random, share = study[f"random.{model}"], 100 * study["share"]
        pictures.append(
            lines(
                {"highest map first": (share, curve), "random order": (share, random)},
                "steps set to zero (%)",
                "probability of the predicted class",
                f"{method_names(report, study)[model]}: {curve[:, 1].mean():.2f} without the {share[1]:.0f}% of steps "
                f"highest in the map, {random[:, 1].mean():.2f} without random steps",
            )
        )
    return pictures
