"""Finding label errors."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the precision of both rankings, and the examples whose labels seem most wrong."""
    early, late = study.arguments["early"], study.arguments["epochs"]
    rankings = {
        "margin": "margin, cross-validated",
        "early": f"loss after {early} epochs",
        "late": f"loss after {late} epochs",
    }
    changed, share = int(study["changed"][0]), float(study["share"][0])
    precision = study.group("precision")
    found = {name: 100 * study[f"found.{name}"].mean() for name in rankings}
    ranks = np.arange(1, precision["late"].shape[1] + 1)
    names = study.dataset.names
    right = int((study["given"] == study["true"]).sum())
    count = len(study["given"])
    return [
        lines(
            {label: (ranks, precision[name]) for name, label in rankings.items()},
            "examples reviewed, k",
            "share with a wrong label (precision@k)",
            f"Wrong labels among the first {changed}: {found['margin']:.0f}% by the margin, {found['early']:.0f}% and "
            f"{found['late']:.0f}% by the training loss after {early} and {late} epochs; chance is {100 * share:.0f}%",
            reference=("chance", share),
            vertical=("", changed),
            limits=(0, 1.05),
            legend=(0.02, 0.12),
        ),
        plots.image_grid(
            study["image"].reshape(count, *study.dataset.info["shape"]),
            [f"{names[given]} → {names[predicted]}" for given, predicted in zip(study["given"], study["predicted"])],
            title=f"{count - right} of the {count} most suspicious labels are wrong",
            alt="Each image with its given label and its prediction:",
        ),
    ]
