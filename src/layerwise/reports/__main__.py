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
    """Run one study of a report and store the arrays it returns."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.reports", description=main.__doc__)
    parser.add_argument("study", help="name of the study, for error messages")
    parser.add_argument("--spec", required=True, help="specification of the study, JSON")
    parser.add_argument("--splits", nargs="*", default=[], help="files results/data/<dataset>/<split>.npz")
    parser.add_argument("--runs", nargs="*", default=[], type=Path, help="run folders of trained models")
    parser.add_argument("--datasets", nargs="*", default=[], type=Path, help="dataset.json of each dataset of the runs")
    parser.add_argument("--sweeps", nargs="*", default=[], type=Path, help="files results/sweeps/<sweep>/trials.csv")
    parser.add_argument("--output", required=True, type=Path, help="npz file to write")
    arguments = parser.parse_args()

    os.environ.update(ENVIRONMENT)  # before NumPy is imported
    from layerwise.data.splits import load_split
    from layerwise.pipeline.files import write_npz

    spec = json.loads(arguments.spec)
    run = importlib.import_module(f"layerwise.reports.{spec['report']}.studies.{spec['module']}").run
    data: dict[str, dict[str, Any]] = {}
    for file in map(Path, arguments.splits):
        data.setdefault(file.parent.name, {})[file.stem] = load_split(file)
    inputs: list[Any] = [data]
    if arguments.runs:
        from layerwise.reports.trained import gather

        inputs.append(gather(arguments.runs, arguments.datasets))
    if arguments.sweeps:
        from layerwise.tuning.table import Table

        inputs.append({file.parent.name: Table(file.parent) for file in arguments.sweeps})
    known = list(inspect.signature(run).parameters)[len(inputs) :]
    for key in spec.get("arguments", {}):
        if key not in known:
            where = f"studies.{arguments.study}.arguments.{key}"
            raise ValueError(f"{where}: unknown argument; must be one of {', '.join(known)}")
    with cli.work():
        write_npz(arguments.output, **run(*inputs, **spec.get("arguments", {})))


if __name__ == "__main__":
    cli.command(main)
