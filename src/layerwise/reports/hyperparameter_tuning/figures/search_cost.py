"""Cost of the searches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.reporting.artifacts import Study
from layerwise.reports.hyperparameter_tuning.figures.labels import method


def table(course: Study, cost: Study) -> pd.DataFrame:
    """Return a table of the cost and the best accuracy of each search."""
    rows = []
    for name, value in course.group("value").items():
        seconds = cost[f"seconds.{name}"]
        rows.append(
            {
                "search": method(name),
                "trials": len(value),
                "finished": int(np.isfinite(value).sum()),
                "full trainings": f"{course[f'spent.{name}'][-1]:.1f}",
                "CPU seconds": f"{seconds.sum():.1f}",
                "median trial": f"{np.median(seconds):.3f}",
                "best accuracy": float(np.nanmax(value)),
            }
        )
    return pd.DataFrame(rows)
