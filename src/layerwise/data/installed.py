"""Locating files of an installed package without importing it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from layerwise.pipeline.files import sha256


def package_path(package: str, path: str) -> Path:
    """Return the path of a file inside an installed package."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations, f"{package} is not installed"
    return Path(spec.submodule_search_locations[0]) / path


def package_file(package: str, path: str) -> dict[str, str]:
    """Return the name and digest of a file inside an installed package."""
    return {"file": f"{package}/{path}", "sha256": sha256(package_path(package, path))}
