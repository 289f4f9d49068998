"""Weight initialization and symmetry breaking."""

from __future__ import annotations

from layerwise.plots import Picture
from layerwise.plots.studies import lines, strips
from layerwise.reporting.artifacts import Study


def draw(study: Study) -> list[Picture]:
    """Draw the training loss from different initial weights, and the accuracy and number of distinct units reached."""
    epoch, losses = study["epoch"], study.group("loss")
    accuracy, distinct = study.group("accuracy"), study.group("distinct")
    units = study.arguments["units"]
    return [
        lines(
            {name: (epoch, values) for name, values in losses.items()},
            "epoch",
            "training loss (nats per example)",
            f"From zeros, the loss ends at {losses['zeros'][:, -1].mean():.3f} (log 2 = 0.693); "
            f"from Glorot's weights, at {losses['glorot'][:, -1].mean():.3f}",
            log="y",
        ),
        strips(
            {f"{name}: {distinct[name].mean():.0f} of {units} distinct": values for name, values in accuracy.items()},
            "validation accuracy",
            f"Distinct hidden units from zero weights: {distinct['zeros'].max():.0f} of {units}",
        ),
    ]
