"""GridSearchCV integration."""

from __future__ import annotations

import pandas as pd

from layerwise.reporting.artifacts import Study


def table(study: Study) -> pd.DataFrame:
    """Return a table of the accuracies of our grid search and scikit-learn's."""
    return pd.DataFrame({"point": range(len(study["ours"])), "ours": study["ours"], "GridSearchCV": study["grid"]})
