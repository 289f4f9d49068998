"""Imports between the modules of the framework are acyclic, including local imports and those for type checking."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import layerwise.nn

PACKAGE = Path(layerwise.nn.__file__).parent


def imported(file: Path) -> set[str]:
    """Return the names of all modules and their members that a file imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_imports_are_acyclic():
    files = {
        ".".join(("layerwise.nn", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): file
        for file in PACKAGE.rglob("*.py")
    }
    # The package itself imports all modules, so it is left out.
    graph = {name: (imported(file) & set(files)) - {"layerwise.nn", name} for name, file in files.items()}
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("layerwise.nn.network") < order.index("layerwise.nn.step") < order.index("layerwise.nn.model")
    assert not imported(PACKAGE / "layers/base.py") & {"layerwise.nn", "layerwise.nn.model", "layerwise.nn.step"}
