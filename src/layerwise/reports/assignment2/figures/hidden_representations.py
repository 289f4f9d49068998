"""Hidden representations."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import hidden_space
from layerwise.reporting.artifacts import Study

NAMES = {"xor": "XOR"}


def draw(study: Study) -> list[Picture]:
    """Draw the examples of each dataset in the space of the hidden units as training proceeds."""
    pictures = []
    for name in study.spec["datasets"]:
        accuracy = study[f"accuracy.{name}"]
        headings = [f"epoch {epoch}: {100 * value:.0f}%" for epoch, value in zip(study["at"], accuracy)]
        units = study.arguments["units"][name]
        pictures.append(
            hidden_space(
                study[f"space.{name}"],
                study[f"line.{name}"],
                study[f"y.{name}"],
                headings,
                f"{NAMES.get(name, name.capitalize())}, {units} hidden units: the accuracy of a linear boundary rises "
                f"from {100 * accuracy[0]:.1f}% to {100 * accuracy[-1]:.1f}%",
                ("unit 1", "unit 2") if units == 2 else ("across the boundary", "along the boundary"),
            )
        )
    return pictures
