"""Update-to-weight ratio."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the update-to-weight ratio of the first kernel for several rates, and of each kernel at the middle rate."""
    step, rates = study["step"], [str(rate) for rate in study.arguments["rates"]]
    ratios = {rate: study[f"ratio.{rate}.0"] for rate in rates}
    middle = rates[len(rates) // 2]
    kernels = study.group(f"ratio.{middle}")
    accuracy = {rate: study[f"accuracy.{rate}"].mean() for rate in rates}
    lowest = rates[0]
    return [
        lines(
            {f"rate {rate}: {100 * accuracy[rate]:.0f}%": (step, values) for rate, values in ratios.items()},
            "step",
            "‖ΔW‖ / ‖W‖ of the first kernel",
            f"Rate {lowest}: median ratio {np.median(ratios[lowest]):.1e}, accuracy {100 * accuracy[lowest]:.0f}%; "
            f"rate {middle}: {np.median(ratios[middle]):.1e}, {100 * accuracy[middle]:.0f}%",
            log="y",
            reference=("rule of thumb: 1/1000", 1e-3),
        ),
        lines(
            {f"kernel {int(layer) + 1}": (step, values) for layer, values in kernels.items()},
            "step",
            "‖ΔW‖ / ‖W‖",
            f"At rate {middle}, the ratio falls with the loss in every layer",
            log="y",
            reference=("rule of thumb: 1/1000", 1e-3),
        ),
    ]
