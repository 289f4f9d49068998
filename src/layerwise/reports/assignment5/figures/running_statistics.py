"""Running statistics of batch normalization."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the error of the running means, and the accuracy with running and with batch statistics."""
    step = study["step"]
    distance, running, batch = study.group("distance"), study.group("running"), study.group("batch")
    slow = list(running)[-1]
    early = int(np.argmax((batch[slow] - running[slow]).mean(axis=0)))
    gap = 100 * (batch[slow] - running[slow]).mean(axis=0)[early]
    curves = {"batch statistics": (step, batch[slow])}
    curves |= {f"running, momentum {momentum}": (step, values) for momentum, values in running.items()}
    return [
        lines(
            {f"momentum {momentum}": (step[1:], values[:, 1:]) for momentum, values in distance.items()},
            "training step",
            "error of running means (std. dev.)",
            f"After {step[-1]} steps, the error of the running means is "
            + " and ".join(f"{values[:, -1].mean():.3f} (momentum {m})" for m, values in distance.items())
            + " standard deviations",
            log="y",
        ),
        lines(
            curves,
            "training step",
            "validation accuracy",
            f"With momentum {slow}, running statistics are up to {gap:.0f} points less accurate than batch statistics "
            f"(step {step[early]})",
        ),
    ]
