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
    examples = study.arguments["examples"]
    peak = int(np.argmax(random.mean(axis=0)))
    rises = np.flatnonzero(np.diff(error.mean(axis=0)) > 0.01)
    finding = f"rises at {widths[rises[0] + 1]:g} units" if len(rises) else "never rises, so there is no peak"
    return [
        lines(
            {"test": (widths, error), "training (noisy labels)": (widths, fit)},
            "hidden units, trained by gradient descent",
            "error rate",
            f"Trained networks: the test error {finding}",
            log="x",
            vertical=("fits all labels", level) if fits else None,
        ),
        lines(
            {"test": (features, random)},
            "random features, minimum-norm least squares",
            "test error rate",
            f"Random features: the error peaks at {features[peak]:g} for {examples} examples, then falls again",
            log="x",
            vertical=("features = examples", float(examples)),
        ),
    ]
