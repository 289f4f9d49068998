"""Update-to-weight ratio."""

from __future__ import annotations

import numpy as np

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw how far the first kernel moves in a step, for several rates; and each kernel at the middle rate."""
    step, rates = study["step"], [str(rate) for rate in study.arguments["rates"]]
    ratios = {rate: study[f"ratio.{rate}.0"] for rate in rates}
    good = rates[len(rates) // 2]
    kernels = study.group(f"ratio.{good}")
    accuracy = {rate: study[f"accuracy.{rate}"].mean() for rate in rates}
    slow = rates[0]
    return [
        lines(
            {f"rate {rate}: {100 * accuracy[rate]:.0f} %": (step, values) for rate, values in ratios.items()},
            "step",
            "‖ΔW‖ / ‖W‖ of the first kernel",
            f"Rate {slow} moves the first kernel by {np.median(ratios[slow]):.1e} a step and reaches "
            f"{100 * accuracy[slow]:.0f} %; rate {good} by {np.median(ratios[good]):.1e}, and "
            f"{100 * accuracy[good]:.0f} %",
            log="y",
            reference=("rule of thumb: 1/1000", 1e-3),
        ),
        lines(
            {f"kernel {int(layer) + 1}": (step, values) for layer, values in kernels.items()},
            "step",
            "‖ΔW‖ / ‖W‖",
            f"At rate {good} the ratio falls as the loss does, in every layer",
            log="y",
            reference=("rule of thumb: 1/1000", 1e-3),
        ),
    ]
