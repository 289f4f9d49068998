"""Backpropagation graph: the worked example, with every number forward and backward."""

from __future__ import annotations

from layerwise.reporting.artifacts import Study
from layerwise.reporting.widgets import Widget


def widget(study: Study) -> Widget:
    """Return the widget for the study `worked_example`: its inputs, target, parameters and learning rate."""
    return Widget(
        "backpropagation",
        "Backpropagation graph",
        "Change an input or a weight and follow the numbers forward (blue) and the gradients back (vermillion). Which "
        "weight makes a hidden unit saturate, so that its gradient vanishes?",
        {name: study[name].tolist() for name in ("x", "y", "w1", "b1", "w2", "b2", "learning_rate")},
    )
