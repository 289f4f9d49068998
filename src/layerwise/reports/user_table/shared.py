"""The columns of a prepared table: which of its features belong together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerwise.data import columns


def groups(info: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return column → its features, several for a category or a column with missing values."""
    if "columns" not in info:  # arrays, whose features are not named
        return {f"feature {j}": [j] for j in range(info["shape"][0])}
    result, place = {}, 0
    for column in info["columns"]:
        width = len(columns.names(column))
        result[column["name"]] = list(range(place, place + width))
        place += width
    return result


def numbers(info: Mapping[str, Any]) -> dict[str, tuple[int, float, float]]:
    """Return each numeric column → its feature, and the mean and scale of that feature."""
    kinds = {column["name"]: column["kind"] for column in info.get("columns", [])}
    scaling = info["scaling"]
    return {
        name: (features[0], scaling["mean"][features[0]], scaling["scale"][features[0]])
        for name, features in groups(info).items()
        if kinds.get(name, "number") == "number"
    }
