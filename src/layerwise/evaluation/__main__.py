"""The command ``python -m layerwise.evaluation``."""

import argparse
import os
from pathlib import Path

from layerwise import cli
from layerwise.training import ENVIRONMENT


def main() -> None:
    """Evaluate trained runs, or summarise evaluated ones."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.evaluation", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="predictions and measures of the runs of one experiment in one backend")
    run.add_argument("--experiment", required=True)
    run.add_argument("--backend", required=True, choices=["numpy", "keras"])
    run.add_argument("--spec", required=True, help="the experiment's specification, as JSON")
    run.add_argument("--dataset", required=True, type=Path, help="folder of the prepared dataset")
    run.add_argument("--runs", required=True, type=Path, nargs="+", help="run folders")
    run.add_argument("--resamples", type=int, default=1000, help="bootstrap resamples (default: 1000)")
    summary = commands.add_parser("summary", help="mean, spread and interval of each measure over seeds, as CSV")
    summary.add_argument("--output", required=True, type=Path)
    summary.add_argument("metrics", type=Path, nargs="*", help="metrics.json files")
    arguments = parser.parse_args()

    os.environ.update(ENVIRONMENT)  # before NumPy is imported
    if arguments.command == "summary":
        from layerwise.evaluation.summary import summarise

        summarise(arguments.metrics, arguments.output)
        return
    from layerwise.evaluation.run import Dataset, evaluate
    from layerwise.training.run import parse_spec

    spec = parse_spec(arguments.experiment, arguments.spec)
    dataset = Dataset.read(arguments.dataset)
    evaluate(arguments.experiment, arguments.backend, spec, dataset, arguments.runs, arguments.resamples)


if __name__ == "__main__":
    cli.command(main)
