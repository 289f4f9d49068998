"""Mutation testing of the derivatives: break each one in turn, in a copy of the package, and run its tests.

    python tests/unit/nn/mutations.py                   # all (takes minutes); prints the survivors and a table
    python tests/unit/nn/mutations.py --only recurrent  # those whose file, function or change matches
    python tests/unit/nn/mutations.py --every 50        # a sample

Mutants are generated from the syntax tree of every function that computes a gradient or an update:

- *sign*: ``a + b`` becomes ``a - b``, ``+=`` becomes ``-=``, ``-a`` becomes ``a``, ``>`` becomes ``<``;
- *term*: ``a + b`` and ``a * b`` become ``a`` or ``b``, an in-place update or a statement call is removed;
- *axis*: ``.T``, ``swapaxes`` and ``[::-1]`` are removed, ``axis=0`` and ``axis=-1`` are exchanged.

Each mutant runs in a process forked from this one, so that only the package and the tests are reloaded.
"""

from __future__ import annotations

import argparse
import ast
import collections
import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TESTS = ROOT / "tests/unit/nn"
#: The files that contain derivatives and updates, with the tests that cover each.
FILES = {
    "layers/base.py": ["test_layers"],
    "layers/core.py": ["test_layers"],
    "layers/activation.py": ["test_layers"],
    "layers/regularization.py": ["test_layers"],
    "layers/normalization.py": ["test_layers"],
    "layers/merging.py": ["test_layers"],
    "layers/convolution.py": ["test_convolution"],
    "layers/pooling.py": ["test_pooling"],
    "layers/recurrent.py": ["test_recurrent"],
    "layers/embedding.py": ["test_embedding"],
    "kernels/dense.py": ["test_layers"],
    "kernels/elementwise.py": ["test_activations", "test_layers"],
    "kernels/normalization.py": ["test_layers"],
    "kernels/convolution.py": ["test_convolution"],
    "kernels/convolution_direct.py": ["test_convolution"],
    "kernels/convolution_winograd.py": ["test_convolution"],
    "kernels/convolution_geometry.py": ["test_convolution"],
    "kernels/pooling.py": ["test_pooling"],
    "kernels/lookup.py": ["test_embedding"],
    "activations.py": ["test_activations"],
    "losses.py": ["test_losses"],
    "optimizers.py": ["test_optimizers"],
    "regularizers.py": ["test_regularizers"],
    "step.py": ["test_fit", "test_regularizers"],
}
FUNCTIONS = re.compile(
    r"back|gradient|slopes|\.update$|\.step$|begin_step|\.clip|_clip_norm|^(L1L2|MaxNorm)\.__call__"
    r"|scatter|unpool|_unpad|_spread|_counts|column_sums|_sum|_fold|turned|transform|four_rows"
)
#: Equivalent mutants, (file, line of code before, after), with the reason; they are not run.
_WINDOWS = "work.x, (6, width, channels, {}), (plane, pixel, item, pixel)"
_ZEROED = "if overlap or {} != rows.padded or {} != columns.padded:"
_ALL = ("rows.size * rows.count", "columns.size * columns.count")
EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "kernels/convolution_winograd.py",
        _WINDOWS.format("work.x.shape[1] - width + 1"),
        _WINDOWS.format(count),
    ): "declares more windows than there are; only those of existing pixels are read"
    for count in ("(work.x.shape[1] + width) + 1", "(work.x.shape[1]) + 1")
} | {
    ("kernels/pooling.py", _ZEROED.format(*_ALL), _ZEROED.format(*terms)): "zeroes values that are overwritten anyway"
    for terms in (
        ("(rows.size)", _ALL[1]),
        ("(rows.count)", _ALL[1]),
        (_ALL[0], "(columns.size)"),
        (_ALL[0], "(columns.count)"),
    )
}
#: Calls whose arguments determine only the chunk size; they are not mutated.
CUTS = {"_chunks"}
SECONDS = 120  # a mutant that runs longer is taken to loop forever and counts as caught

SWAPPED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*"}
CALLS = {"np.add": "np.subtract", "np.subtract": "np.add", "np.multiply": "np.divide", "np.divide": "np.multiply"}
NEUTRAL = {"np.add": "0", "np.subtract": "0", "np.multiply": "1", "np.divide": "1"}


@dataclass(frozen=True)
class Mutant:
    """A single change of one file."""

    file: str
    function: str
    kind: str
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function} [{self.kind}]\n  - {self.before}\n  + {self.after}"


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Yield all mutants of a file."""
    lines = text.splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line.encode()))
    raw = text.encode()

    def span(node: ast.AST) -> tuple[int, int]:
        return (
            offsets[node.lineno - 1] + node.col_offset,  # type: ignore[attr-defined]
            offsets[node.end_lineno - 1] + node.end_col_offset,  # type: ignore[attr-defined]
        )

    def code(node: ast.AST) -> str:
        start, end = span(node)
        return raw[start:end].decode()

    for name, function in functions(ast.parse(text)):
        seen = set()
        for node in statements(function):
            for kind, target, replacement in changes(node, code):
                start, end = span(target)
                source = (raw[:start] + replacement.encode() + raw[end:]).decode()
                number = target.lineno  # type: ignore[attr-defined]
                if source in seen or source == text:
                    continue
                seen.add(source)
                count = target.end_lineno - number + 1  # type: ignore[attr-defined]
                before = " ".join(line.strip() for line in lines[number - 1 : number - 1 + count])
                rest = len(source.splitlines()) - len(lines) + count
                after = " ".join(line.strip() for line in source.splitlines()[number - 1 : number - 1 + rest])
                yield Mutant(file, name, kind, number, before, after, source)


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions that compute gradients or updates; methods are named with their class."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and FUNCTIONS.search(node.name):
            yield node.name, node
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, ast.FunctionDef) and FUNCTIONS.search(f"{node.name}.{inner.name}"):
                yield f"{node.name}.{inner.name}", inner


def statements(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, except those in raise statements, f-strings, annotations and indices."""
    queue: list[ast.AST] = list(function.body)
    while queue:
        node = queue.pop(0)
        if isinstance(node, (ast.Raise, ast.JoinedStr, ast.Slice)):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CUTS:
            continue
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        yield node
        queue.extend(
            child for field, child in children(node) if not (isinstance(node, ast.Subscript) and field == "slice")
        )


def children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, (ast.stmt, ast.expr, ast.keyword, ast.withitem, ast.comprehension)):
                yield field, child


def changes(node: ast.AST, code) -> Iterator[tuple[str, ast.AST, str]]:
    """Yield (kind, node to replace, replacement)."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as operator, right):
            yield "sign", node, f"({code(left)} {SWAPPED[type(operator)]} {code(right)})"
            yield "term", node, f"({code(left)})"
            yield "term", node, f"({code(right)})"
        case ast.BinOp(left, ast.Mult() | ast.Div(), right):
            yield "term", node, f"({code(left)})"
            yield "term", node, f"({code(right)})"
        case ast.UnaryOp(ast.USub(), operand) if not isinstance(operand, ast.Constant):
            yield "sign", node, f"({code(operand)})"
        case ast.AugAssign(target, operator, value) if type(operator) in SWAPPED:
            yield "term", node, "pass"
            yield "sign", node, f"{code(target)} {SWAPPED[type(operator)]}= {code(value)}"
        case ast.Compare(left, [ast.Gt() | ast.GtE()], [right]):
            yield "sign", node, f"({code(left)} < {code(right)})"
        case ast.Compare(left, [ast.Lt() | ast.LtE()], [right]):
            yield "sign", node, f"({code(left)} > {code(right)})"
        case ast.Call(function, [_, second, *_]) if code(function) in CALLS:
            yield "sign", function, CALLS[code(function)]
            yield "term", second, NEUTRAL[code(function)]
        case ast.Call(ast.Attribute(inner, "swapaxes" | "transpose")) if code(inner) != "np":
            yield "axis", node, code(inner)
        case ast.Subscript(inner, index, ast.Load()) if "::-1" in code(index):
            yield "axis", node, code(inner)
        case ast.Attribute(inner, "T", ast.Load()):
            yield "axis", node, f"({code(inner)})"
        case ast.keyword("axis", value) if code(value) in ("0", "-1", "1"):
            yield "axis", value, "0" if code(value) != "0" else "-1"
        case ast.Expr(ast.Call()):
            yield "term", node, "pass"


def all_mutants() -> list[Mutant]:
    """Return the mutants of the whole package, except those known to be equivalent."""
    package = ROOT / "src/layerwise/nn"
    generated = [mutant for file in FILES for mutant in mutants(file, (package / file).read_text(encoding="utf-8"))]
    return [mutant for mutant in generated if (mutant.file, mutant.before, mutant.after) not in EQUIVALENT]


@contextlib.contextmanager
def package_copy() -> Iterator[Path]:
    """Yield a temporary folder with a copy of the package and of its tests."""
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src/layerwise", Path(folder, "layerwise"), ignore=ignored)
        shutil.copytree(TESTS, Path(folder, "tests"), ignore=ignored)
        yield Path(folder)


def passes(folder: Path, tests: list[str]) -> bool:
    """Return whether the tests in a folder pass, run in a separate process."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(SECONDS)
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            os.chdir(folder)
            sys.path.insert(0, str(folder))
            sys.dont_write_bytecode = True
            code = run_tests(tests)
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def run_tests(tests: list[str]) -> int:
    """Run test files in this process; return 0 if all pass."""
    import hypothesis
    import pytest

    quick = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # no shrinking: finding a failure is enough
    hypothesis.settings.register_profile("mutants", database=None, derandomize=True, phases=quick, deadline=None)
    hypothesis.settings.load_profile("mutants")
    files = [f"tests/{name}.py" for name in tests]
    arguments = ["-x", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", ".", *files]
    return int(pytest.main(arguments, plugins=[GradientsFirst()]))


class GradientsFirst:
    """Runs the tests that are most likely to fail first, because the first failure ends the run."""

    @staticmethod
    def pytest_collection_modifyitems(items: list) -> None:
        items.sort(key=lambda item: not re.search("gradient|difference|step|formula|bidirectional", item.name))


def survives(mutant: Mutant, folder: Path) -> bool:
    """Return whether the tests pass with the mutant in place."""
    path = folder / "layerwise/nn" / mutant.file
    original = path.read_text(encoding="utf-8")
    path.write_text(mutant.source, encoding="utf-8")
    try:
        return passes(folder, FILES[mutant.file])
    finally:
        path.write_text(original, encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="substring of the file, function or change")
    parser.add_argument("--every", type=int, default=1, help="take only every n-th mutant")
    parser.add_argument("--list", action="store_true", help="list the mutants without running them")
    options = parser.parse_args(argv)
    selected = [mutant for mutant in all_mutants() if options.only in str(mutant)][:: options.every]
    if options.list:
        print(*selected, sep="\n")
        return 0

    import hypothesis  # noqa: F401  imported once, for all child processes
    import numpy  # noqa: F401
    import pytest  # noqa: F401

    killed, survivors = collections.Counter(), []
    with package_copy() as folder:
        for tests in {tuple(FILES[mutant.file]) for mutant in selected}:
            if not passes(folder, list(tests)):
                print(f"error: {', '.join(tests)} must pass without mutants, but fail")
                return 2
        for mutant in selected:
            if survives(mutant, folder):
                survivors.append(mutant)
                print(f"SURVIVED {mutant}", flush=True)
            else:
                killed[mutant.file, mutant.kind] += 1

    total = collections.Counter((mutant.file, mutant.kind) for mutant in selected)
    print(f"{'caught / mutants':<28}{'sign':>11}{'term':>11}{'axis':>11}")
    for file in dict.fromkeys(mutant.file for mutant in selected):
        cells = [f"{killed[file, kind]} / {total[file, kind]}" for kind in ("sign", "term", "axis")]
        print(f"{file:<28}" + "".join(f"{cell:>11}" for cell in cells))
    caught = len(selected) - len(survivors)
    print(f"{caught} of {len(selected)} mutants caught, {len(EQUIVALENT)} excluded as equivalent")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
