"""A training loop with TensorFlow's GradientTape."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment3.studies.gradient_tape import train_with_tape

LOOP = train_with_tape
NAMES = {"tape": "GradientTape", "keras": "Keras fit", "numpy": "NumPy"}
TINY = 1e-10  # stands for zero on the logarithmic axis


def table(study: Study, steps=(1, 2, 5, 10, 20, 50, 100)) -> pd.DataFrame:
    """Return the loss of all three trainings and the largest difference between their weights at some steps."""
    gaps = np.max(list(study.group("weights").values()), axis=0)
    rows = [step for step in steps if step <= len(gaps)]
    losses = {f"loss, {NAMES[name]}": [f"{study[f'loss.{name}'][step - 1]:.6f}" for step in rows] for name in NAMES}
    return pd.DataFrame(
        {"step": rows, **losses, "largest weight difference after the step": [f"{gaps[step - 1]:.0e}" for step in rows]}
    )


def draw(study: Study) -> Picture:
    """Draw the largest difference between the weights of each pair of trainings after each step."""
    pairs = {
        " vs ".join(NAMES[name] for name in pair.split("_")): np.maximum(values, TINY)
        for pair, values in study.group("weights").items()
    }
    steps = np.arange(1, len(study["loss.tape"]) + 1)
    return lines(
        {pair: (steps, values) for pair, values in pairs.items()},
        "step",
        "largest weight difference",
        f"After {steps[-1]} steps no weight differs by more than {max(v[-1] for v in pairs.values()):.0e}; the weights "
        f"themselves have changed by up to {float(study['change'][0]):.2f}",
        log="y",
        legend="lower right",
    )
