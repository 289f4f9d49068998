"""The modules of the framework import one another in one direction, whether at the top, in a function or for types."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import layerwise.nn

PACKAGE = Path(layerwise.nn.__file__).parent


def imported(file: Path) -> set[str]:
    """Return the names of all modules, or of what is in them, that a file imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_no_circle_of_imports():
    files = {
        ".".join(("layerwise.nn", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): file
        for file in PACKAGE.rglob("*.py")
    }
    # The package itself is what users import from, and imports all the rest.
    graph = {name: (imported(file) & set(files)) - {"layerwise.nn", name} for name, file in files.items()}
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("layerwise.nn.network") < order.index("layerwise.nn.step") < order.index("layerwise.nn.model")
    assert not imported(PACKAGE / "layers/base.py") & {"layerwise.nn", "layerwise.nn.model", "layerwise.nn.step"}
