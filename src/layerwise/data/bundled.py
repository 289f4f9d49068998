"""Real datasets bundled with scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import datasets

from layerwise.data.examples import DIGITS, Examples
from layerwise.data.installed import package_file


def digits(spec: dict[str, Any]) -> Examples:
    """Return 1,797 digit images ``(8, 8, 1)``, with gray levels 0–16 rescaled to 0–255 and rounded."""
    table = digits_table(spec)
    pixels = np.round(np.asarray(table.x) * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    return Examples("image", pixels, table.y, DIGITS, inputs=table.inputs)


def digits_table(spec: dict[str, Any]) -> Examples:
    """Return the same digits as 64 features, gray levels 0–16."""
    return _bunch(datasets.load_digits(), "digits.csv.gz")


def breast_cancer(spec: dict[str, Any]) -> Examples:
    """Return 569 tumors with 30 features, labeled malignant or benign."""
    return _bunch(datasets.load_breast_cancer(), "breast_cancer.csv")


def iris(spec: dict[str, Any]) -> Examples:
    """Return 150 flowers of 3 species with 4 features."""
    return _bunch(datasets.load_iris(), "iris.csv")


def wine(spec: dict[str, Any]) -> Examples:
    """Return 178 wines of 3 cultivars with 13 features."""
    return _bunch(datasets.load_wine(), "wine_data.csv")


def _bunch(bunch: Any, file: str) -> Examples:
    return Examples(
        "table",
        bunch.data,
        bunch.target,
        [str(name) for name in bunch.target_names],
        [str(name) for name in bunch.feature_names],
        inputs=[package_file("sklearn", f"datasets/data/{file}")],
    )


LOADERS = {load.__name__: load for load in (digits, digits_table, breast_cancer, iris, wine)}
