"""Universal approximation by hand."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines
from layerwise.reporting.artifacts import Study

KINDS = {"sigmoid": "bumps of two sigmoids", "relu": "segments of ReLUs"}


def draw(study: Study) -> list[Picture]:
    """Draw a function and its approximations, and the error against the number of hidden units."""
    x, units = study["x"], study["units"]
    few = study.arguments["shown"]
    errors = study.group("error")
    at = list(units).index(few)
    halved = {kind: values[-2] / values[-1] for kind, values in errors.items()}
    return [
        lines(
            {"target": (x, study["target"])} | {name: (x, study[f"output.{kind}"]) for kind, name in KINDS.items()},
            "x",
            "f(x)",
            f"{few} hidden units: RMS error {errors['sigmoid'][at]:.2f} with bumps, {errors['relu'][at]:.3f} with "
            "segments",
            limits=(-0.9, 1.6),
            legend="upper right",
        ),
        lines(
            {name: (units, errors[kind]) for kind, name in KINDS.items()},
            "hidden units m",
            "RMS error",
            f"From {units[-2]} to {units[-1]} hidden units, the error falls to 1/{halved['sigmoid']:.1f} with bumps, "
            f"1/{halved['relu']:.1f} with segments",
            log="xy",
            marked=True,
        ),
    ]
