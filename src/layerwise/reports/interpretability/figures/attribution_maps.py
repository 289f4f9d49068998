"""Saliency maps and attribution methods."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.explanations import map_table
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.interpretability.figures.labels import METHODS, SHORT, class_names


def draw(study: Study) -> Picture:
    """Draw every method's map of one image a class."""
    x = study["x"]
    found = study.group("map")
    inside = {name: float(np.abs(m)[x > 0.1].sum() / np.abs(m).sum()) for name, m in found.items()}
    most, least = (pick(inside, key=lambda name: inside[name]) for pick in (max, min))
    return map_table(
        {"image": x, **{SHORT[name]: maps for name, maps in found.items()}},
        class_names(study, study["y"]),
        f"On ink falls {100 * inside[most]:.0f} % of {METHODS[most]}, but {100 * inside[least]:.0f} % of "
        f"{METHODS[least]}; "
        f"ink is {100 * np.mean(x > 0.1):.0f} % of the pixels",
        "Maps of the winning score by pixel.",
        plain=["image"],
        outlines=x,
    )


def completeness(study: Study) -> Picture:
    """Draw how the error of completeness falls with the points of the integral."""
    errors = study.group("error")
    steps = np.array([int(n) for n in errors])
    values = 100 * np.stack(list(errors.values()), axis=1)
    largest = values.max(axis=0)
    return lines(
        {"mean of all images": (steps, values.mean(axis=0)), "worst image": (steps, largest)},
        "points of the integral",
        "missing from the sum (%)",
        f"With {steps[-1]} points the attributions sum to the score within {largest[-1]:.2f} % on every image",
        log="xy",
        marked=True,
        reference=("1 %", 1.0),
    )


def mistakes(study: Study) -> list[Picture]:
    """Draw why mistakes are made, if there are any: what speaks for the class said, and what for the true one."""
    if not len(study["wrong"]):
        return []
    x, said, truth = study["wrong"], class_names(study, study["said"]), class_names(study, study["truth"])
    both = [np.corrcoef(a[ink], b[ink])[0, 1] for a, b, ink in zip(study["for_said"], study["for_truth"], x > 0.1)]
    picture = map_table(
        {"image": x, "for the said": study["for_said"], "for the true": study["for_truth"]},
        [f"{a} as {b}" for a, b in zip(truth, said)],
        f"What speaks for the wrong class {_relation(float(np.mean(both)))} the true one: correlation "
        f"{np.mean(both):+.2f} on ink",
        "Integrated gradients of two scores of the same image.",
        plain=["image"],
        outlines=x,
        width=3.75,
    )
    return [picture]


def _relation(correlation: float) -> str:
    """Say what a correlation means for two scores."""
    if abs(correlation) < 0.2:
        return "says little about"
    return "also speaks for" if correlation > 0 else "speaks against"
