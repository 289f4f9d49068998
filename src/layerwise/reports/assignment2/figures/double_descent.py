"""Double descent."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the test error of trained networks against width, and of random features against their number."""
    widths, error = study.curve("trained")
    _, fit = study.curve("fit")
    features, random = study.curve("random")
    level = float(study["interpolates"][0])
    fits = fit[:, list(widths).index(level)].mean() < 0.01
    few = study.arguments["few"]
    peak = int(np.argmax(random.mean(axis=0)))
    before, threshold, beyond = (100 * study[name].mean() for name in ("before", "threshold", "beyond"))
    return [
        lines(
            {"test": (widths, error), "training (noisy labels)": (widths, fit)},
            "units in each of two hidden layers",
            "error rate",
            f"Trained networks: {before:.0f}% at {study['classical'][0]} units, {threshold:.0f}% at {level:g}, "
            f"{beyond:.0f}% at {widths[-1]:g}",
            log="x",
            vertical=("fits all labels", level) if fits else None,
        ),
        lines(
            {"test": (features, random)},
            "random features, minimum-norm least squares",
            "test error rate",
            f"Random features: the error peaks at {features[peak]:g} for {few} examples, then falls again",
            log="x",
            vertical=("features = examples", float(few)),
        ),
    ]
