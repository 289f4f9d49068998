"""Activation maximization and adversarial examples."""

from __future__ import annotations

from layerwise import plots
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw images optimized for each class, fooling noise, and digits before and after an adversarial change."""
    names = study.dataset.names
    wanted = [names[k] for k in study["wanted"]]
    shared = {kind: 100 * study[f"shared.{kind}"].mean() for kind in ("excites", "noise", "disguised")}
    return [
        plots.image_grid(
            study["excites"],
            names,
            together=False,
            title=f"Activation maximization: other networks agree on {shared['excites']:.0f}% of the images",
            alt="Images made by regularized gradient ascent, one per class:",
        ),
        plots.image_grid(
            study["noise"],
            [f"“{name}”" for name in names],
            title=f"Noise classified as a digit with {100 * study['sure.noise'].mean():.0f}% probability; "
            f"other networks agree on {shared['noise']:.0f}%",
            alt="Images optimized from noise, each with the class it is classified as:",
        ),
        plots.image_grid(
            study["start"],
            names,
            title=f"{len(names)} correctly classified digits, before the adversarial change",
            alt="Test images:",
        ),
        plots.image_grid(
            study["disguised"],
            [f"{a} as {b}" for a, b in zip(names, wanted)],
            title=f"Adversarial examples: changed by {100 * study['change'].mean():.0f}% of their norm; "
            f"{shared['disguised']:.0f}% fool other networks",
            alt="Digits changed until they are classified as the next class:",
        ),
    ]
