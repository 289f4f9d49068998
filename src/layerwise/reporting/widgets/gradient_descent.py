"""Gradient descent on the cost surface of logistic regression with two weights."""

from __future__ import annotations

import numpy as np

from layerwise.reporting.artifacts import Study
from layerwise.reporting.widgets import Widget, encode

MOST_EXAMPLES = 5000  # the script computes their loss at every point of the surface


def widget(study: Study) -> Widget | None:
    """Return the widget for the study `convergence`: its examples, bias, penalty, limits, surface and start.

    None if there are too many examples for a page.
    """
    x, y = study.dataset.split("train")
    if len(y) > MOST_EXAMPLES:
        return None
    x = x.reshape(len(x), -1)
    positive = y == np.argmin(np.bincount(y))
    share = float(positive.mean())
    columns = study["columns"]
    features = study.dataset.info.get("feature_names") or [f"feature {i}" for i in range(x.shape[1])]
    return Widget(
        "gradient_descent",
        "Gradient descent on the cost surface",
        "Drag the start, or move it with the arrow keys, and raise the learning rate until descent overshoots, then "
        "diverges. Which momentum needs the fewest steps?",
        {
            "x": encode(np.ascontiguousarray(x[:, columns])),
            "y": encode(positive.astype(np.uint8)),
            "bias": float(np.log(share / (1 - share))),
            "l2": float(study.arguments.get("l2", 0.1)),
            "features": [str(features[i]) for i in columns],
            "limits": study["limits"].tolist(),
            "minimum": study["minimum"].tolist(),
            "start": study["walk"][0, 0].tolist(),
            "range": [[float(study[w][0]), float(study[w][-1])] for w in ("w1", "w2")],
        },
    )
