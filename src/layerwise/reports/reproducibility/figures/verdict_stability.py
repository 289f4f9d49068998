"""Stability of the verdicts of claims under changes of the run."""

from __future__ import annotations

import pandas as pd


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the share of equal verdicts by change, from the table of ``python -m layerwise.claims compare``."""
    return pd.DataFrame(
        {
            "change": rows["change"],
            "claims": rows["kind"].map({"inference": "from samples", "identity": "identities"}),
            "number": rows["claims"],
            "same verdict": [f"{100 * same / n:.0f}%" for same, n in zip(rows["same"], rows["claims"])],
            "Supported ↔ Contradicted": rows["reversed"],
            "changed": rows["changed"].fillna("–"),
        }
    )
