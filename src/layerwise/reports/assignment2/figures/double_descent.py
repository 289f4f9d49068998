"""Double descent."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the test error over width in trained networks and over features in random ones."""
    widths, error = study.curve("trained")
    _, fit = study.curve("fit")
    features, random = study.curve("random")
    level = float(study["interpolates"][0])
    fits = fit[:, list(widths).index(level)].mean() < 0.01
    examples = study.arguments["examples"]
    peak = int(np.argmax(random.mean(axis=0)))
    rises = np.flatnonzero(np.diff(error.mean(axis=0)) > 0.01)
    words = f"rises at {widths[rises[0] + 1]:g} units" if len(rises) else "never rises: no peak is found"
    return [
        lines(
            {"test": (widths, error), "training (noisy labels)": (widths, fit)},
            "hidden units, trained by gradient descent",
            "share of errors",
            f"Trained networks: the test error {words}",
            log="x",
            vertical=("fits all labels", level) if fits else None,
        ),
        lines(
            {"test": (features, random)},
            "random features, shortest least squares",
            "share of test errors",
            f"Random features: the error peaks at {features[peak]:g} for {examples} examples, then descends again",
            log="x",
            vertical=("as many as examples", float(examples)),
        ),
    ]
