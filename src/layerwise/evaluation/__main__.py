"""The command ``python -m layerwise.evaluation``."""

import argparse
import json
import os
from pathlib import Path

from layerwise.experiments import ENVIRONMENT
from layerwise.pipeline import cli


def main() -> None:
    """Evaluate trained runs, or summarize evaluated ones."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.evaluation", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="write predictions and metrics of trained runs")
    run.add_argument(
        "--runs",
        required=True,
        type=json.loads,
        help='JSON: {"results/runs/<experiment>/<backend>": {"seeds": 5, "dataset": folder, "code": digest}, …}',
    )
    run.add_argument("--resamples", type=int, default=1000, help="bootstrap resamples (default: 1000)")
    run.add_argument("--output", required=True, type=Path, help="file to write when done")
    summary = commands.add_parser(
        "summary", help="write mean, standard deviation and interval of each metric over seeds, as CSV"
    )
    summary.add_argument("--output", required=True, type=Path)
    summary.add_argument("runs", type=Path, nargs="*", help="run folders")
    arguments = parser.parse_args()

    os.environ.update(ENVIRONMENT)  # before NumPy is imported
    if arguments.command == "summary":
        from layerwise.evaluation.summary import summarise

        summarise([run / "metrics.json" for run in arguments.runs], arguments.output)
        return
    from layerwise.evaluation.run import evaluate
    from layerwise.pipeline.files import write_json

    write_json(arguments.output, evaluate(arguments.runs, arguments.resamples))


if __name__ == "__main__":
    cli.command(main)
