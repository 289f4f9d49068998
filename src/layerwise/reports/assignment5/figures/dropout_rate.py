"""Dropout rate and sample size."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw accuracy and log loss against the dropout rate, and the steps it takes."""
    rates, cells = study["rates"], study.arguments["cells"]
    names = {cell: f"{examples:,} examples, {units} units" for cell, (examples, units) in cells.items()}
    best = {cell: float(study[f"best.{cell}"][0]) for cell in cells}
    middle = list(cells)[1]
    curves = study.group(f"curve.{middle}")
    loss, needed = study[f"loss.{middle}"].mean(axis=0), study[f"steps.{middle}"].mean(axis=0)
    at = list(rates).index(best[middle])
    training, validation = (100 * study[f"{split}.{middle}"].mean(axis=0) for split in ("train", "validation"))
    return [
        lines(
            {names[cell]: (rates, study[f"validation.{cell}"]) for cell in cells},
            "dropout rate of the hidden layers",
            "validation accuracy",
            "Best dropout rate: " + ", ".join(f"{best[cell]:g} ({names[cell]})" for cell in cells),
            marked=True,
            best="highest",
            limits=(0.2, 0.9),
            legend="upper right",
        ),
        lines(
            {
                "training": (rates, study[f"train.{middle}"]),
                "validation": (rates, study[f"validation.{middle}"]),
            },
            "dropout rate of the hidden layers",
            f"accuracy, {cells[middle][0]:,} examples",
            f"Without dropout {training[0]:.0f}% on training, {validation[0]:.0f}% on validation examples; at rate "
            f"{rates[-1]:g}, {training[-1]:.0f}% and {validation[-1]:.0f}%: too much dropout underfits",
            marked=True,
        ),
        lines(
            {names[cell]: (rates, study[f"loss.{cell}"]) for cell in cells},
            "dropout rate of the hidden layers",
            "validation log loss (nats per example)",
            f"{names[middle]}: log loss {loss[0]:.2f} without dropout, {loss[at]:.2f} at rate {best[middle]:g}",
            log="y",
            marked=True,
            best="lowest",
            limits=(0.8, 30),
            legend="upper right",
        ),
        lines(
            {f"rate {rate}": (study["step"][1:], values[:, 1:]) for rate, values in curves.items()},
            "training step",
            f"validation accuracy, {cells[middle][0]:,} examples",
            f"The price is time: {needed[0]:.0f} steps to {100 * study.arguments.get('enough', 0.9):.0f}% of the final "
            f"accuracy without dropout, {needed[at]:.0f} at rate {best[middle]:g}, {needed[-1]:.0f} at {rates[-1]:g}",
        ),
    ]
