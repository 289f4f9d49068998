"""Size and power of the statistical tests."""

from __future__ import annotations

import re

import pandas as pd

from layerwise.reporting.artifacts import Study
from layerwise.reports.reproducibility.studies.size_and_power import CASES

VARIANTS = "_(pairs|two_way|in_all|share)$"
"""Endings of the names of cases that use the same test on other data."""


def table(study: Study) -> pd.DataFrame:
    """Return size and power of each test, and how often it contradicts a claim that holds."""
    return pd.DataFrame(
        [
            {
                "test": re.sub(VARIANTS, "", name),
                "data and effect": words,
                "size": f"{100 * study[f'null.{name}'][0]:.1f}%",
                "power": f"{100 * study[f'effect.{name}'][0]:.1f}%",
                "contradicted": f"{100 * study[f'effect.{name}'][1]:.1f}%",
            }
            for name, (_, _, _, words) in CASES.items()
        ]
    )
