"""The command ``python -m layerwise.reports``."""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
from pathlib import Path
from typing import Any

from layerwise.experiments import ENVIRONMENT
from layerwise.pipeline import cli


def main() -> None:
    """Run one study of a report on the splits it may read and store the arrays it returns."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.reports", description=main.__doc__)
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
    from layerwise.pipeline.files import write_npz

    spec = json.loads(arguments.spec)
    run = importlib.import_module(f"layerwise.reports.{spec['report']}.studies.{spec['module']}").run
    data: dict[str, dict[str, Any]] = {}
    for file in map(Path, arguments.splits):
        data.setdefault(file.parent.name, {})[file.stem] = load_split(file)
    given: list[Any] = [data]
    if arguments.runs:
        from layerwise.reports.trained import gather

        given.append(gather(arguments.runs, arguments.datasets))
    if arguments.sweeps:
        from layerwise.tuning.table import Table

        given.append({file.parent.name: Table(file.parent) for file in arguments.sweeps})
    accepted = list(inspect.signature(run).parameters)[len(given) :]
    for key in spec.get("arguments", {}):
        if key not in accepted:
            raise ValueError(f"studies.{arguments.study}.arguments.{key}: unknown; accepted: {', '.join(accepted)}")
    with cli.work():
        write_npz(arguments.output, **run(*given, **spec.get("arguments", {})))


if __name__ == "__main__":
    cli.command(main)
