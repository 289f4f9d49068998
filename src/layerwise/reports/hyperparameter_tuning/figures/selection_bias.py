"""Selection bias (winner's curse) and the number of trials."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import interval
from layerwise.numbers import plus_minus, signed
from layerwise.plots import Picture
from layerwise.plots.search import boxes
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.hyperparameter_tuning.figures.labels import method


def efficiency(study: Study) -> list[Picture]:
    """Draw the accuracy of the best trial of random experiments by their size, relative to the grid search."""
    grid = next(name for name in study.group("promised") if method(name) == "grid")
    pictures = []
    for split, line in (("validation", study[f"promised.{grid}"][0]), ("test", study[f"tested.{grid}"].mean())):
        groups = {str(size): study[f"{split}.{size}"] for size in study["sizes"]}
        reach = [size for size, values in groups.items() if np.median(values) >= line]
        words = (
            f"reaches the grid search with {reach[0]}" if reach else f"misses the grid search with {list(groups)[-1]}"
        )
        pictures.append(
            boxes(
                groups,
                "trials per random experiment",
                f"{split} accuracy of the best trial",
                f"{split.capitalize()} accuracy: the median random experiment {words} trials",
                ("grid search", float(line)),
                limits=(0.6, 1.0),
            )
        )
    return pictures


def table(study: Study) -> pd.DataFrame:
    """Return a table of the best validation accuracy of each search and the accuracies when retrained."""
    rows = []
    for sweep in study.spec["sweeps"]:
        retrained, tested = study[f"again.{sweep}"], study[f"tested.{sweep}"]
        rows.append(
            {
                "chosen by": method(sweep),
                "search, validation": study[f"promised.{sweep}"][0],
                "retrained, validation": plus_minus(*interval(retrained), 4),
                "retrained, test": plus_minus(*interval(tested), 4),
                "optimism": signed(f"{100 * study[f'optimism.{sweep}'].mean():+.1f}"),
                "gap to test": signed(f"{100 * study[f'gap.{sweep}'].mean():+.1f}"),
            }
        )
    base = {"chosen by": "no search", "search, validation": float("nan")}
    rows.append(
        base
        | {
            "retrained, validation": plus_minus(*interval(study["again.base"]), 4),
            "retrained, test": plus_minus(*interval(study["tested.base"]), 4),
            "optimism": "–",
            "gap to test": signed(f"{100 * study['gap.base'].mean():+.1f}"),
        }
    )
    return pd.DataFrame(rows)


def draw(study: Study) -> Picture:
    """Draw the optimism of each search: its best validation accuracy minus that of the retrained models."""
    optimism = {method(name): 100 * values for name, values in study.group("optimism").items()}
    worst = max(optimism, key=lambda name: optimism[name].mean())
    return strips(
        optimism,
        "validation accuracy, search − retrained (points)",
        f"Largest optimism: {worst}, {signed(f'{optimism[worst].mean():.1f}')} points lost when retrained",
        reference=("no optimism", 0.0),
    )
