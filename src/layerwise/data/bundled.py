"""Real data that come with scikit-learn: no download."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import datasets

from layerwise.data.examples import DIGITS, Examples
from layerwise.data.installed import package_file


def digits(spec: dict[str, Any]) -> Examples:
    """1,797 digits as ``(8, 8, 1)``; the grey levels 0…16 are spread over 0…255, rounded."""
    table = digits_table(spec)
    pixels = np.round(np.asarray(table.x) * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    return Examples("image", pixels, table.y, DIGITS, inputs=table.inputs)


def digits_table(spec: dict[str, Any]) -> Examples:
    """Return the same digits as 64 features, the grey levels 0…16."""
    return _bunch(datasets.load_digits(), "digits.csv.gz")


def breast_cancer(spec: dict[str, Any]) -> Examples:
    """569 tumours, 30 features, malignant or benign."""
    return _bunch(datasets.load_breast_cancer(), "breast_cancer.csv")


def iris(spec: dict[str, Any]) -> Examples:
    """150 flowers, 4 features, 3 species."""
    return _bunch(datasets.load_iris(), "iris.csv")


def wine(spec: dict[str, Any]) -> Examples:
    """178 wines, 13 features, 3 cultivars."""
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
