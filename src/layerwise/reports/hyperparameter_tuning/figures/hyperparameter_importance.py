"""Hyperparameter importance (fANOVA)."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import strips
from layerwise.reporting.artifacts import Study
from layerwise.reports.hyperparameter_tuning.figures.labels import PARAMETERS

DATASETS = {"digits": "digits", "breast_cancer": "breast cancer", "flower": "the flower", "mnist": "MNIST"}


def draw(study: Study) -> list[Picture]:
    """Draw the share of the variance explained by each parameter, one figure per dataset."""
    pictures = []
    for sweep in study.spec["sweeps"]:
        shares = {PARAMETERS.get(path, path): share for path, share in study.group(f"share.{sweep}").items()}
        order = sorted(shares, key=lambda name: -shares[name].mean())
        dataset = DATASETS.get(sweep.rpartition("_")[0], sweep)
        pictures.append(
            strips(
                {name: shares[name] for name in order},
                "share of the variance",
                f"Variance explained on {dataset}: {order[0]} {100 * shares[order[0]].mean():.0f}%, "
                f"{order[1]} {100 * shares[order[1]].mean():.0f}%",
            )
        )
    return pictures
