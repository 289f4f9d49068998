"""Size and power of the statistical tests."""

from __future__ import annotations

import pandas as pd

from layerwise.reporting.artifacts import Study
from layerwise.reports.reproducibility.studies.size_and_power import CASES


def table(study: Study) -> pd.DataFrame:
    """Return size and power of each test, and how often it contradicts a claim that holds."""
    return pd.DataFrame(
        [
            {
                "test": name.partition("_pairs")[0].partition("_two_way")[0],
                "data and effect": words,
                "size": f"{100 * study[f'null.{name}'][0]:.1f}%",
                "power": f"{100 * study[f'effect.{name}'][0]:.1f}%",
                "contradicted": f"{100 * study[f'effect.{name}'][1]:.1f}%",
            }
            for name, (_, _, _, words) in CASES.items()
        ]
    )
