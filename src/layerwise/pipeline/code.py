"""Digests of the source files that a result depends on, so that Snakemake reruns exactly the jobs affected by an edit.

Snakemake detects changed inputs, parameters and scripts, but not an edit of an imported module. Rules therefore have
the :func:`digest` of their entry points as a parameter.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def _file(module: str) -> Path | None:
    """Return the source file of a module of this project, or None if it does not exist."""
    path = SOURCE.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run on import, excluding function bodies and ``if TYPE_CHECKING`` blocks."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            yield from _statements(statement.body + getattr(statement, "orelse", []))


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Return the modules of this project that are imported with ``module``, including its parent packages."""
    file = _file(module)
    assert file is not None
    parts = module.split(".")
    package = module if file.name == "__init__.py" else ".".join(parts[:-1])
    parents = {".".join(parts[:i]) for i in range(1, len(parts))}
    return tuple(sorted(parents | script_imports(file, package)))


def script_imports(file: str | Path, package: str = "") -> set[str]:
    """Return the modules of this project that a Python file imports, such as a notebook in percent format."""
    names: set[str] = set()
    for statement in _statements(ast.parse(Path(file).read_text(encoding="utf-8")).body):
        if isinstance(statement, ast.Import):
            names.update(alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            base = statement.module or ""
            if statement.level:
                parents = package.split(".")[: len(package.split(".")) - statement.level + 1]
                base = ".".join([*parents, base]).rstrip(".")
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in statement.names)
    return {name for name in names if name.partition(".")[0] == "layerwise" and _file(name)}


def modules(*entries: str, skip: Collection[str] = ()) -> list[str]:
    """Return the modules of this project that are imported, directly or indirectly, by ``entries``, sorted.

    Imports inside functions are not followed; a rule lists modules that its command imports there as further entries.

    Parameters
    ----------
    *entries : str
        Dotted module names, such as ``"layerwise.experiments.numpy_backend"``.
    skip : collection of str
        Modules to exclude, together with the modules that only they import.

    Raises
    ------
    ValueError
        If an entry is not a module of this project.
    """
    reached: set[str] = set()
    waiting = list(entries)
    while waiting:
        module = waiting.pop()
        if module not in reached and module not in skip:
            if _file(module) is None:
                raise ValueError(f"entry must be a module of this project, got '{module}'")
            reached.add(module)
            waiting.extend(_imports(module))
    return sorted(reached)


@cache
def _content(module: str) -> bytes:
    file = _file(module)
    assert file is not None
    return hashlib.sha256(file.read_bytes()).digest()


@cache
def digest(*entries: str, skip: frozenset[str] = frozenset()) -> str:
    """Return a digest of the sources of :func:`modules`, 16 hexadecimal digits.

    Cached, because Snakemake asks for it for every waiting job whenever a job ends.
    """
    total = hashlib.sha256()
    for module in modules(*entries, skip=skip):
        total.update(module.encode() + _content(module))
    return total.hexdigest()[:16]


def unused_layers(names: Collection[str]) -> frozenset[str]:
    """Return the modules of ``layerwise.nn.layers`` that define none of the named layers.

    An edit of the convolution layers then retrains only the models that use them.
    """
    from layerwise import nn

    used = {getattr(nn, name).__module__ for name in names if hasattr(nn, name)} | {nn.Dense.__module__}
    layers = {f"layerwise.nn.layers.{file.stem}" for file in (SOURCE / "layerwise/nn/layers").glob("*.py")}
    return frozenset(layers - used - {"layerwise.nn.layers.__init__", "layerwise.nn.layers.base"})
