"""Learning curves."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw training and test accuracy against the number of training examples."""
    n, train, test = study["examples"], study["train"], study["test"]
    dataset = study.dataset.info["title"].split(":")[0].split(" (")[0]
    return lines(
        {"training": (n, train), "test": (n, test)},
        "training examples",
        "accuracy",
        f"{dataset}: test accuracy {100 * test[:, 0].mean():.1f}% with {n[0]} examples, "
        f"{100 * test[:, -1].mean():.1f}% with {n[-1]}",
        log="x",
    )
