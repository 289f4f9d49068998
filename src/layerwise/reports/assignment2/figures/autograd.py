"""Automatic differentiation: a computational graph, and the gradients of a small MLP."""

from __future__ import annotations

from layerwise.autograd import Value, topological_order
from layerwise.plots import Picture
from layerwise.plots.graphs import computational_graph
from layerwise.reporting.artifacts import Study
from layerwise.reports.assignment2.studies.autograd import NODES

CODE = (Value, topological_order)
ROWS = (0, 1, 2, 3, 3, 0.5, 2.5, 1.5, 2, 2, 3, 2, 2)  # of the nodes in the drawing


def draw(study: Study) -> Picture:
    """Draw the computational graph of one neuron with values and gradients."""
    loss, gradient = float(study["value"][-1]), study["gradient"]
    column = study["column"].copy()
    column[NODES.index("−y")] = column[NODES.index("h = tanh z")]
    column[NODES.index("b")] = column[NODES.index("w₁x₁ + w₂x₂")]
    return computational_graph(
        NODES,
        list(zip(column.tolist(), ROWS)),
        study["value"],
        gradient,
        study["edges"],
        f"Squared error of a neuron, L = {loss:.3f}: increasing w₁ by 0.01 changes it by about {gradient[0] / 100:.4f}",
    )
