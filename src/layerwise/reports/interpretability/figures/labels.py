"""Display names of attribution methods and classes."""

from __future__ import annotations

import numpy as np

from layerwise.reporting.artifacts import Study

METHODS = {
    "gradient": "gradient",
    "gradient_times_input": "gradient × input",
    "SmoothGrad": "SmoothGrad",
    "integrated_gradients": "integrated gradients",
    "guided_backpropagation": "guided backprop",
    "GradCAM": "Grad-CAM",
    "HiResCAM": "HiResCAM",
    "occlusion": "occlusion",
    "random": "random order",
    "ink": "ink",
}
SHORT = {**METHODS, "integrated_gradients": "integrated"}


def with_method_names(groups: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the groups of a study by the display names of their methods."""
    return {METHODS[method]: values for method, values in groups.items()}


def capitalized(name: str) -> str:
    """Return a name with a capital first letter and the other letters unchanged."""
    return name[0].upper() + name[1:]


def class_names(study: Study, labels: np.ndarray) -> list[str]:
    """Return the names of classes."""
    return [study.dataset.names[k] for k in labels]
