"""VGG16 and ResNet50 in Keras."""

from __future__ import annotations

import pandas as pd

from layerwise.evaluation.compare import interval
from layerwise.numbers import plus_minus
from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study

ARMS = {"scratch": "random weights", "frozen": "feature extraction", "tuned": "fine-tuning"}


def pretraining(study: Study) -> str:
    """Return a sentence about the pretrained weights, which are those that the study could have."""
    architectures = list(study.group("source"))
    if all(study[f"imagenet.{name}"][0] for name in architectures):
        return "The weights were pretrained on ImageNet."
    reason = "As ImageNet weights could not be loaded" if study.arguments.get("weights") else "To avoid a download"
    accuracy = " and ".join(f"{study[f'source.{name}'][0]:.1%} ({name})" for name in architectures)
    return (
        f"{reason}, the same architectures, with {study.arguments['width']:g} times the filters, were pretrained here "
        f"on the digits 0 to 4, to a validation accuracy of {accuracy}. The full configuration uses ImageNet weights."
    )


def draw(study: Study) -> Picture:
    """Draw the test accuracy of each architecture trained in three ways."""
    names = list(study.group("tuned"))
    groups = {f"{name}, {words}": 100 * study[f"{arm}.{name}"] for name in names for arm, words in ARMS.items()}
    gains = [100 * (study[f"tuned.{name}"] - study[f"scratch.{name}"]).mean() for name in names]
    finding = ", ".join(f"{gain:+.0f} points in {name}" for name, gain in zip(names, gains)).replace("-", "−")
    return strips(groups, "test accuracy (%)", f"Fine-tuned against random weights: {finding}")


def summary(study: Study) -> pd.DataFrame:
    """Return a table of the parameters and the test accuracy of each architecture trained in three ways."""
    rows = []
    for name in study.group("tuned"):
        row = {"network": name, "parameters": f"{int(study[f'parameters.{name}'][0]):,}"}
        for arm, words in ARMS.items():
            mean, half = interval(100 * study[f"{arm}.{name}"])
            row[f"{words} (%)"] = plus_minus(mean, half, 1)
        rows.append(row)
    return pd.DataFrame(rows)
