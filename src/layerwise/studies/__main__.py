"""The command ``python -m layerwise.studies``."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from layerwise import cli
from layerwise.names import nearest
from layerwise.training import ENVIRONMENT


def find(name: str) -> Callable[..., Any]:
    """Return the study function called ``module.function``.

    Raises
    ------
    ValueError
        If there is no such module or function in :mod:`layerwise.studies`.
    """
    module, _, function = name.partition(".")
    if not module.isidentifier() or importlib.util.find_spec(f"layerwise.studies.{module}") is None:
        raise ValueError(f"study function '{name}': there is no module layerwise.studies.{module}")
    found = vars(importlib.import_module(f"layerwise.studies.{module}"))
    known = [key for key, value in found.items() if inspect.isfunction(value) and not key.startswith("_")]
    if function not in known:
        raise ValueError(f"study function '{name}': unknown{nearest(function, known)}")
    return found[function]


def main() -> None:
    """Run one study on the splits it may read and store the arrays it returns."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.studies", description=main.__doc__)
    parser.add_argument("study", help="name of the study, for messages")
    parser.add_argument("--spec", required=True, help="its specification, as JSON")
    parser.add_argument("--splits", nargs="*", default=[], help="files results/data/<dataset>/<split>.npz")
    parser.add_argument("--runs", nargs="*", default=[], type=Path, help="folders of trained models")
    parser.add_argument("--datasets", nargs="*", default=[], type=Path, help="dataset.json of what they learned from")
    parser.add_argument("--sweeps", nargs="*", default=[], type=Path, help="files results/sweeps/<sweep>/trials.csv")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()

    os.environ.update(ENVIRONMENT)  # before NumPy is imported
    from layerwise.data.splits import load_split
    from layerwise.files import write_npz

    spec = json.loads(arguments.spec)
    function = find(spec["function"])
    data: dict[str, dict[str, Any]] = {}
    for file in map(Path, arguments.splits):
        data.setdefault(file.parent.name, {})[file.stem] = load_split(file)
    given: list[Any] = [data]
    if arguments.runs:
        from layerwise.studies.runs import gather

        given.append(gather(arguments.runs, arguments.datasets))
    if arguments.sweeps:
        from layerwise.tuning.table import Table

        given.append({file.parent.name: Table(file.parent) for file in arguments.sweeps})
    accepted = list(inspect.signature(function).parameters)[len(given) :]
    for key in spec.get("arguments", {}):
        if key not in accepted:
            raise ValueError(f"studies.{arguments.study}.arguments.{key}: unknown; accepted: {', '.join(accepted)}")
    with cli.work():
        write_npz(arguments.output, **function(*given, **spec.get("arguments", {})))


if __name__ == "__main__":
    cli.command(main)
