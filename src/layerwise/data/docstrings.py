"""A text dataset that needs no download: docstrings labeled with the library they come from."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from layerwise.data.examples import Examples

PACKAGES = ("matplotlib", "numpy", "pandas", "scipy", "sklearn", "statsmodels")
MASK = "<library>"
# Names that leak the label: the packages, their usual import aliases, and subpackages named after them.
LEAKS = re.compile(
    r"\b(?:matplotlib|mpl|pyplot|plt|pylab|mplot3d|numpy|np|npy|npz|f2py|f2py2e|pandas|pd|scipy|sp"
    r"|scikit[- ]?learn|scikits?|sklearn|statsmodels|sm|smf)\b",
    re.IGNORECASE,
)
WORDS = range(5, 61)


def docstrings(spec: dict[str, Any]) -> Examples:
    """Collect the distinct first paragraphs (5 to 60 words) of the public docstrings of six installed packages.

    Source files are parsed, not imported. Names that leak the library are masked, and paragraphs that occur in more
    than one library are excluded. The examples of one file form a group, so no file appears in two splits.
    """
    origins: dict[str, tuple[int, str]] = {}
    ambiguous: set[str] = set()
    inputs = []
    for label, package in enumerate(PACKAGES):
        digest = hashlib.sha256()
        files = list(source_files(package))
        for path, name in files:
            source = path.read_bytes()
            digest.update(source)
            for paragraph in public_paragraphs(source):
                masked = LEAKS.sub(MASK, paragraph)
                if origins.setdefault(masked, (label, name))[0] != label:
                    ambiguous.add(masked)
        version = importlib.metadata.version("scikit-learn" if package == "sklearn" else package)
        inputs.append({"file": f"{package} {version}, {len(files)} source files", "sha256": digest.hexdigest()})
    kept = {text: origin for text, origin in origins.items() if text not in ambiguous}
    return Examples(
        "text",
        list(kept),
        np.array([label for label, _ in kept.values()]),
        list(PACKAGES),
        groups=np.array([name for _, name in kept.values()]),
        inputs=inputs,
    )


def source_files(package: str) -> Iterator[tuple[Path, str]]:
    """Yield path and name of each Python file of an installed package, without its tests, sorted by name."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"docstrings: package '{package}' is not installed; run 'make environment'")
    root = Path(spec.submodule_search_locations[0])
    names = sorted(path.relative_to(root.parent).as_posix() for path in root.rglob("*.py"))
    for name in names:
        if not {"tests", "testing", "externals", "_vendored", "vendor"} & set(name.split("/")):
            yield root.parent / name, name


def public_paragraphs(source: bytes) -> Iterator[str]:
    """Yield the first docstring paragraph of a module and of each of its public classes, functions and methods."""
    for node in _public(ast.parse(source)):
        text = ast.get_docstring(node) or ""
        words = re.split(r"\n\s*\n", text, maxsplit=1)[0].split()
        if len(words) in WORDS:
            yield " ".join(words)


def _public(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Any]:
    yield node
    if isinstance(node, ast.Module | ast.ClassDef):
        for child in node.body:
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and child.name[0] != "_":
                yield from _public(child)


LOADERS = {"docstrings": docstrings}
