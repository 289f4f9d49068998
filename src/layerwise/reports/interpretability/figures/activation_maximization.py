"""Activation maximization and adversarial examples."""

from __future__ import annotations

from layerwise import plots
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw what excites each class, noise that fools, and digits before and in disguise."""
    names = study.dataset.names
    wanted = [names[k] for k in study["wanted"]]
    shared = {kind: 100 * study[f"shared.{kind}"].mean() for kind in ("excites", "noise", "disguised")}
    return [
        plots.image_grid(
            study["excites"],
            names,
            together=False,
            title=f"Made to excite a class: {shared['excites']:.0f} % are that class for other networks as well",
            alt="Images made by regularized gradient ascent, one a class:",
        ),
        plots.image_grid(
            study["noise"],
            [f"“{name}”" for name in names],
            title=f"Noise, taken for a digit with {100 * study['sure.noise'].mean():.0f} % probability; other networks "
            f"agree on {shared['noise']:.0f} %",
            alt="Images of noise, each with the class it is taken for:",
        ),
        plots.image_grid(
            study["start"],
            names,
            title=f"{len(names)} digits that the network reads rightly, before their disguise",
            alt="Test images:",
        ),
        plots.image_grid(
            study["disguised"],
            [f"{a} as {b}" for a, b in zip(names, wanted)],
            title=f"In disguise: changed by {100 * study['change'].mean():.0f} % of their length; other networks fall "
            f"for {shared['disguised']:.0f} %",
            alt="Digits changed until they are taken for the next one:",
        ),
    ]
