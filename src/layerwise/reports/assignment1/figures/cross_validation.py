"""Cross-validation vs scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.numbers import plus_minus
from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> tuple[Picture, pd.DataFrame]:
    """Draw the accuracy of our and scikit-learn's model on every fold, and tabulate mean ± standard deviation."""
    accuracy, auc = study.group("accuracy"), study.group("auc")
    names = {"ours": "ours", "reference": "scikit-learn"}
    same = float(np.mean(accuracy["ours"] == accuracy["reference"]))
    picture = strips(
        {names[model]: np.sort(values) for model, values in accuracy.items()},
        "accuracy on a fold",
        f"Both models have exactly the same accuracy on {100 * same:.0f}% of the folds",
    )
    table = pd.DataFrame(
        [
            {
                "model": name,
                "accuracy (%)": f"{100 * accuracy[model].mean():.2f} ± {100 * accuracy[model].std(ddof=1):.2f}",
                "ROC-AUC": plus_minus(auc[model].mean(), auc[model].std(ddof=1)),
                "folds": len(accuracy[model]),
            }
            for model, name in names.items()
        ]
    )
    return picture, table
