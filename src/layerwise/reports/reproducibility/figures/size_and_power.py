"""Size and power of the statistical tests."""

from __future__ import annotations

import pandas as pd

from layerwise.reporting.artifacts import Study
from layerwise.reports.reproducibility.studies.size_and_power import CASES


def table(study: Study) -> pd.DataFrame:
    """Return how often each test says Supported under the null hypothesis and under the stated effect."""
    return pd.DataFrame(
        [
            {
                "test": name.partition("_pairs")[0].partition("_two_way")[0],
                "data and effect": words,
                "Supported under the null": f"{100 * study[f'null.{name}'][0]:.1f}%",
                "Supported under the effect": f"{100 * study[f'effect.{name}'][0]:.1f}%",
                "Contradicted under the effect": f"{100 * study[f'effect.{name}'][1]:.1f}%",
            }
            for name, (_, _, _, words) in CASES.items()
        ]
    )
