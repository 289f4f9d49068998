"""Gradient checks of every layer and loss."""

from __future__ import annotations

import pandas as pd

from layerwise.reporting.artifacts import Study


def layers(study: Study) -> pd.DataFrame:
    """Return the gradient check of every layer: what it was given and kept, and how wrong its backward pass is."""
    kept = study.group("kept")
    rows = []
    for name, (weights, entries, error, right) in study.group("check").items():
        enters, leaves, holds = kept[name]
        rows.append(
            {
                "layer": name,
                "numbers in": int(enters),
                "out": int(leaves),
                "kept": int(holds),
                "arrays checked": int(weights),
                "derivatives": int(entries),
                "largest error": f"{error:.1e}",
                "gradients": "right" if right else "WRONG",
            }
        )
    return pd.DataFrame(rows)


def losses(study: Study) -> pd.DataFrame:
    """Return the gradient check of every loss."""
    return pd.DataFrame(
        [
            {
                "loss": name,
                "derivatives": int(n),
                "largest error": f"{error:.1e}",
                "gradients": "right" if ok else "WRONG",
            }
            for name, (_, n, error, ok) in study.group("loss").items()
        ]
    )
