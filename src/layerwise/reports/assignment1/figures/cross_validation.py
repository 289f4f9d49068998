"""Cross-validation vs scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.numbers import plus_minus
from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> tuple[Picture, pd.DataFrame]:
    """Draw the accuracy of every fold, ours and scikit-learn's, and tabulate mean ± standard deviation."""
    accuracy, area = study.group("accuracy"), study.group("auc")
    names = {"ours": "by hand", "reference": "scikit-learn"}
    same = float(np.mean(accuracy["ours"] == accuracy["reference"]))
    picture = strips(
        {names[who]: np.sort(values) for who, values in accuracy.items()},
        "accuracy of a fold",
        f"In {100 * same:.0f} % of the folds both models are exactly as accurate",
    )
    table = pd.DataFrame(
        [
            {
                "model": names[who],
                "accuracy, %": f"{100 * accuracy[who].mean():.2f} ± {100 * accuracy[who].std(ddof=1):.2f}",
                "ROC-AUC": plus_minus(area[who].mean(), area[who].std(ddof=1)),
                "folds": len(accuracy[who]),
            }
            for who in names
        ]
    )
    return picture, table
