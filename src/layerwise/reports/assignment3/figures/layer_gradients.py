"""Gradient checks of every layer and loss."""

from __future__ import annotations

import pandas as pd

from layerwise.reporting.artifacts import Study


def layers(study: Study) -> pd.DataFrame:
    """Return the gradient check of every layer: sizes of input, output and stored values, and the largest error."""
    kept = study.group("kept")
    rows = []
    for name, (arrays, entries, error, correct) in study.group("check").items():
        inputs, outputs, stored = kept[name]
        rows.append(
            {
                "layer": name,
                "inputs": int(inputs),
                "outputs": int(outputs),
                "stored": int(stored),
                "arrays checked": int(arrays),
                "derivatives": int(entries),
                "relative error": f"{error:.1e}",
                "gradients": "correct" if correct else "WRONG",
            }
        )
    return pd.DataFrame(rows)


def losses(study: Study) -> pd.DataFrame:
    """Return the gradient check of every loss."""
    return pd.DataFrame(
        [
            {
                "loss": name,
                "derivatives": int(entries),
                "relative error": f"{error:.1e}",
                "gradients": "correct" if correct else "WRONG",
            }
            for name, (_, entries, error, correct) in study.group("loss").items()
        ]
    )
