"""Selection bias (winner's curse) and the number of trials."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.evaluation.compare import interval
from layerwise.numbers import plus_minus
from layerwise.plots import Picture
from layerwise.plots.search import boxes
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.hyperparameter_tuning.figures.labels import method


def efficiency(study: Study) -> list[Picture]:
    """Draw the accuracy of what random experiments of each size choose, beside the choice of the grid."""
    grid = next(name for name in study.group("promised") if method(name) == "grid")
    pictures = []
    for split, line in (("validation", study[f"promised.{grid}"][0]), ("test", study[f"tested.{grid}"].mean())):
        groups = {str(size): study[f"{split}.{size}"] for size in study["sizes"]}
        reach = [size for size, values in groups.items() if np.median(values) >= line]
        words = f"reaches the grid with {reach[0]}" if reach else f"does not reach the grid with {list(groups)[-1]}"
        pictures.append(
            boxes(
                groups,
                "trials in a random experiment",
                f"{split} accuracy of its choice",
                f"On the {split} split the median random experiment {words} trials",
                ("the grid's best", float(line)),
                limits=(0.6, 1.0),
            )
        )
    return pictures


def table(study: Study) -> pd.DataFrame:
    """Return a table of what each search promised and what its choice did, trained anew."""
    rows = []
    for sweep in study.spec["sweeps"]:
        again, tested = study[f"again.{sweep}"], study[f"tested.{sweep}"]
        rows.append(
            {
                "chosen by": method(sweep),
                "promised": study[f"promised.{sweep}"][0],
                "retrained, validation": plus_minus(*interval(again), 4),
                "retrained, test": plus_minus(*interval(tested), 4),
                "optimism": f"{100 * study[f'optimism.{sweep}'].mean():+.1f}",
                "gap to test": f"{100 * study[f'gap.{sweep}'].mean():+.1f}",
            }
        )
    base = {"chosen by": "nobody", "promised": float("nan")}
    rows.append(
        base
        | {
            "retrained, validation": plus_minus(*interval(study["again.base"]), 4),
            "retrained, test": plus_minus(*interval(study["tested.base"]), 4),
            "optimism": "–",
            "gap to test": "–",
        }
    )
    return pd.DataFrame(rows)


def draw(study: Study) -> Picture:
    """Draw how far each promise lies above the same settings trained anew."""
    optimism = {method(name): 100 * values for name, values in study.group("optimism").items()}
    worst = max(optimism, key=lambda name: optimism[name].mean())
    return strips(
        optimism,
        "promise − validation accuracy when retrained (points)",
        f"Retrained, the choice of {worst} falls short of its promise most, by {optimism[worst].mean():.1f} points",
        reference=("as promised", 0.0),
    )
