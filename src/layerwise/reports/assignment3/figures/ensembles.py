"""Ensembles and weight averaging."""

from __future__ import annotations

import pandas as pd

from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> Picture:
    """Draw the log loss of ensembles of each size, one dot per subset of the runs."""
    sizes = sorted(int(key.removeprefix("ensemble.")) for key in study.group("loss") if key.startswith("ensemble"))
    losses = {"1 run" if size == 1 else f"{size} runs": study[f"loss.ensemble.{size}"] for size in sizes}
    first, *_, last = (values.mean() for values in losses.values())
    return strips(
        losses,
        "test log loss (nats)",
        f"Averaging the probabilities of {sizes[-1]} runs lowers the log loss from {first:.3f} to {last:.3f}",
    )


def table(study: Study) -> pd.DataFrame:
    """Return accuracy, log loss and calibration error of single runs, ensembles and averaged weights."""
    largest = max(int(key.removeprefix("ensemble.")) for key in study.group("loss") if key.startswith("ensemble"))
    rows = {
        "ensemble.1": "single run",
        f"ensemble.{largest}": f"ensemble: mean probabilities of {largest} runs",
        "across": f"mean weights of {largest} runs",
        "last": "continued with SGD: last weights",
        "average": "continued with SGD: mean weights (SWA)",
    }
    return pd.DataFrame(
        {
            "prediction": rows.values(),
            "accuracy": [f"{100 * study[f'accuracy.{key}'].mean():.1f}%" for key in rows],
            "log loss": [f"{study[f'loss.{key}'].mean():.3f}" for key in rows],
            "calibration error": [f"{study[f'ece.{key}'].mean():.3f}" for key in rows],
        }
    )
