"""Adversarial attacks: the fast gradient sign method and projected gradient descent."""

from __future__ import annotations

import numpy as np

from layerwise import plots
from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

NAMES = {"mnist5k_mlp": "MLP", "mnist5k_cnn": "CNN"}
ATTACKS = {"noise": "random signs", "FGSM": "FGSM", "PGD": "PGD"}


def draw(study: Study) -> list[Picture]:
    """Draw the accuracy of each network against the size of the change, and attacked images."""
    epsilon, shown = study["epsilon"], study.arguments["shown"]
    pictures = []
    for run in study.spec["runs"]:
        experiment = run.partition("/")[0]
        name = NAMES.get(experiment, experiment)
        at = {attack: 100 * study[f"shown.{attack}.{experiment}"].mean() for attack in ATTACKS}
        pictures.append(
            lines(
                {label: (epsilon, study[f"{attack}.{experiment}"]) for attack, label in ATTACKS.items()},
                "largest change of a pixel, ε (black = 1)",
                "test accuracy",
                f"{name}, ε = {shown:g}: {at['noise']:.0f}% correct after random signs, {at['FGSM']:.0f}% after FGSM, "
                f"{at['PGD']:.0f}% after PGD",
                marked=True,
                limits=(-0.03, 1.03),
            )
        )
    kinds = {"clean": "original", **ATTACKS, "noise": "random"}
    names = study.dataset.names
    images = np.concatenate([study[f"image.{kind}"] for kind in kinds])
    captions = [f"{label}: {names[k]}" for kind, label in kinds.items() for k in study[f"predicted.{kind}"]]
    count = len(study["predicted.clean"])
    fooled = int((study["predicted.PGD"] != study["predicted.clean"]).sum())
    pictures.append(
        plots.image_grid(
            images,
            captions,
            columns=count,
            title=f"{fooled} of {count} digits are misclassified after PGD with ε = {shown:g}",
            alt="Each image with the change and the predicted class:",
        )
    )
    return pictures
