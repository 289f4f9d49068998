"""Saliency maps and attribution methods."""

from __future__ import annotations

import numpy as np

from layerwise.numbers import signed
from layerwise.plots import Picture
from layerwise.plots.explanations import map_table
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import METHODS, SHORT, class_names


def draw(study: Study) -> Picture:
    """Draw the maps of every method for one image per class."""
    x = study["x"]
    by_method = study.group("map")
    on_ink = {name: float(np.abs(maps)[x > 0.1].sum() / np.abs(maps).sum()) for name, maps in by_method.items()}
    most, least = (pick(on_ink, key=lambda name: on_ink[name]) for pick in (max, min))
    return map_table(
        {"image": x, **{SHORT[name]: maps for name, maps in by_method.items()}},
        class_names(study, study["y"]),
        f"Share on ink: {100 * on_ink[most]:.0f}% for {METHODS[most]}, {100 * on_ink[least]:.0f}% for "
        f"{METHODS[least]}; ink covers {100 * np.mean(x > 0.1):.0f}% of the pixels",
        "Attribution maps of the score of the predicted class.",
        plain=["image"],
        outlines=x,
    )


def completeness(study: Study) -> Picture:
    """Draw the completeness error against the number of integration points."""
    errors = study.group("error")
    steps = np.array([int(n) for n in errors])
    values = 100 * np.stack(list(errors.values()), axis=1)
    largest = values.max(axis=0)
    return lines(
        {"mean of all images": (steps, values.mean(axis=0)), "worst image": (steps, largest)},
        "integration points",
        "completeness error (%)",
        f"With {steps[-1]} points, the completeness error is at most {largest[-1]:.2f}% on every image",
        log="xy",
        marked=True,
        reference=("1%", 1.0),
    )


def mistakes(study: Study) -> list[Picture]:
    """Draw the attributions of mistakes for the predicted and for the true class; empty if there are no mistakes."""
    if not len(study["wrong"]):
        return []
    x, predicted, truth = study["wrong"], class_names(study, study["said"]), class_names(study, study["truth"])
    correlations = [
        np.corrcoef(a[ink], b[ink])[0, 1] for a, b, ink in zip(study["for_said"], study["for_truth"], x > 0.1)
    ]
    picture = map_table(
        {"image": x, "predicted class": study["for_said"], "true class": study["for_truth"]},
        [f"{a} as {b}" for a, b in zip(truth, predicted)],
        f"Evidence for the predicted class {_relation(float(np.mean(correlations)))} the true class: correlation "
        f"{signed(f'{np.mean(correlations):+.2f}')} on ink",
        "Integrated gradients of the same images for two classes.",
        plain=["image"],
        outlines=x,
        width=3.75,
    )
    return [picture]


def _relation(correlation: float) -> str:
    """Describe the sign of the correlation of two attribution maps."""
    if abs(correlation) < 0.2:
        return "says little about"
    return "also supports" if correlation > 0 else "contradicts"
