"""The command ``python -m layerwise.tuning``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from layerwise.experiments import ENVIRONMENT
from layerwise.pipeline import cli

if TYPE_CHECKING:  # it imports NumPy, whose number of threads is set below
    from layerwise.tuning.sweep import Sweep


def main() -> None:
    """Suggest, train, prune or collect the trials of a sweep."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.tuning", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in {
        "suggest": "write the suggested settings of a batch of trials",
        "train": "train trials of a batch up to a rung",
        "prune": "write which trials of a batch are promoted to a rung",
        "collect": "write the tables of a finished sweep",
    }.items():
        command = commands.add_parser(name, help=words)
        command.add_argument("--sweep", required=True, help="specification of the sweep, as JSON")
        command.add_argument("--folder", required=True, type=Path, help="results/sweeps/<sweep>")
        if name in ("suggest", "prune"):
            command.add_argument("--batch", required=True, type=int)
        if name in ("train", "prune"):
            command.add_argument("--trials", required=True, type=int, nargs=2, help="first and last trial")
            command.add_argument("--rung", required=True, type=int)
        if name == "train":
            command.add_argument("--train", required=True, type=Path, help="training split, .npz")
            command.add_argument("--validation", required=True, type=Path, help="validation split, .npz")
            command.add_argument("--dataset", required=True, type=Path, help="dataset.json")
            command.add_argument("--code", required=True, help="digest of the code that trains")
        if name != "collect":
            command.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()

    os.environ.update(ENVIRONMENT)  # before NumPy is imported
    from layerwise.tuning.sweep import Sweep

    sweep, folder = Sweep.parse(arguments.sweep), arguments.folder
    if arguments.command == "train":
        from layerwise.experiments import run
        from layerwise.tuning import trials

        numbers = range(arguments.trials[0], arguments.trials[1] + 1)
        inputs = run.read_inputs(arguments.train, arguments.validation, arguments.dataset)
        trials.train(sweep, folder, numbers, arguments.rung, inputs, arguments.code, arguments.output)
        return
    with cli.work():
        if arguments.command == "collect":
            from layerwise.tuning import table

            table.collect(sweep, folder)
        elif arguments.command == "suggest":
            _suggest(sweep, folder, arguments.batch, arguments.output)
        else:
            _prune(sweep, folder, arguments.batch, arguments.trials, arguments.rung, arguments.output)


def _suggest(sweep: Sweep, folder: Path, batch: int, output: Path) -> None:
    from layerwise.pipeline.files import write_json
    from layerwise.tuning import suggest, table
    from layerwise.tuning.sweep import ADAPTIVE

    earlier = range(batch * sweep.batch) if sweep.method in ADAPTIVE else range(0)
    write_json(output, suggest.suggest(sweep, batch, table.read(sweep, folder, earlier)))


def _prune(sweep: Sweep, folder: Path, batch: int, trials: list[int], rung: int, output: Path) -> None:
    from layerwise.pipeline.files import write_json
    from layerwise.tuning import prune, table

    losses = []
    for k in range(batch + 1):
        numbers = range(k * sweep.batch, (k + 1) * sweep.batch) if k < batch else range(trials[0], trials[1] + 1)
        finished = table.read(sweep, folder, numbers, rung if k == batch else None)
        values = {trial.number: [trial.curve[min(e, len(trial.curve)) - 1] for e in sweep.rungs] for trial in finished}
        flat = table.losses(sweep, [value for row in values.values() for value in row]).reshape(len(finished), -1)
        losses.append({number: row.tolist() for number, row in zip(values, flat)})
    write_json(output, prune.survivors(sweep, losses, rung))


if __name__ == "__main__":
    cli.command(main)
