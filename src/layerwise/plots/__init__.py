"""Figures for the reports: each function takes plain arrays or tables and returns a `Picture` with its finding."""

from layerwise.plots.classification import (
    confusion_matrix,
    per_class_scores,
    precision_recall,
    reliability,
    roc_curves,
)
from layerwise.plots.curves import bars, coefficients, compare_curves, forecast, ladder, learning_curves, metric_bars
from layerwise.plots.pictures import (
    decision_boundary,
    image_grid,
    mistakes_gallery,
    most_confident_mistakes,
    principal_components,
    scatter,
    weight_images,
)
from layerwise.plots.regression import predicted_against_true
from layerwise.plots.style import Picture, to_png, to_svg

__all__ = [
    "Picture",
    "bars",
    "coefficients",
    "compare_curves",
    "confusion_matrix",
    "decision_boundary",
    "forecast",
    "image_grid",
    "ladder",
    "learning_curves",
    "metric_bars",
    "mistakes_gallery",
    "most_confident_mistakes",
    "per_class_scores",
    "precision_recall",
    "predicted_against_true",
    "principal_components",
    "reliability",
    "roc_curves",
    "scatter",
    "to_png",
    "to_svg",
    "weight_images",
]
