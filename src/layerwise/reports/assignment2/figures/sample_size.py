"""Sample size and model capacity."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import heat, lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw test accuracy by hidden units and training examples, as a heat map and as curves."""
    units, examples = study["units"], study["examples"]
    values = np.array([[study[f"test.{u}.{n}"].mean() for n in examples] for u in units])
    return [
        heat(
            values,
            [str(u) for u in units],
            [f"{n:,}" for n in examples],
            "training examples",
            "hidden units",
            f"From {examples[0]} to {examples[-1]:,} examples, {units[-1]} units go from {100 * values[-1, 0]:.0f}% to "
            f"{100 * values[-1, -1]:.0f}%, one unit from {100 * values[0, 0]:.0f}% to {100 * values[0, -1]:.0f}%",
        ),
        lines(
            {
                f"{u} unit{'s' if u > 1 else ''}": (
                    examples,
                    np.stack([study[f"test.{u}.{n}"] for n in examples], axis=1),
                )
                for u in units
            },
            "training examples",
            "test accuracy",
            f"With {examples[-1]:,} examples, one unit reaches {100 * values[0, -1]:.0f}%, {units[-1]} units "
            f"{100 * values[-1, -1]:.0f}%",
            log="x",
        ),
    ]
