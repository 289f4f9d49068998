"""The command ``python -m layerwise predict MODEL FILE``, also installed as ``layerwise``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from layerwise.pipeline import cli


def main() -> None:
    """Score new rows of a CSV file with a trained model."""
    parser = argparse.ArgumentParser(prog="layerwise", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    scoring = commands.add_parser("predict", help="score new rows of a CSV file, with NumPy alone")
    scoring.add_argument("model", type=Path, help="folder of a NumPy run, results/runs/<experiment>/numpy/seed-<n>")
    scoring.add_argument("file", type=Path, help="CSV file with the columns of the table the model was trained on")
    scoring.add_argument("--output", type=Path, help="CSV file to write (default: standard output)")
    scoring.add_argument("--dataset", type=Path, help="dataset.json with the preprocessing, if the run was moved")
    arguments = parser.parse_args()

    from layerwise.pipeline.files import write_text
    from layerwise.predict import predict

    text = predict(arguments.model, arguments.file, arguments.dataset)
    if arguments.output:
        write_text(arguments.output, text)
    else:
        sys.stdout.write(text)


def run() -> None:
    """Run `main`, with a one-sentence message for an error."""
    cli.command(main, timed=False)


if __name__ == "__main__":
    run()
