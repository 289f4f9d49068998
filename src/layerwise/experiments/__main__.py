"""The command ``python -m layerwise.experiments``."""

import argparse
import os
from pathlib import Path

from layerwise.experiments import ENVIRONMENT
from layerwise.pipeline import cli


def main() -> None:
    """Train an experiment in one backend with a range of seeds, keeping finished runs that are up to date."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.experiments", description=main.__doc__)
    parser.add_argument("backend", choices=["numpy", "keras"])
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--spec", required=True, help="specification of the experiment, as JSON")
    parser.add_argument("--seeds", required=True, type=int, nargs=2, metavar=("FIRST", "LAST"))
    parser.add_argument(
        "--splits", required=True, type=Path, nargs=3, metavar=("TRAIN", "VALIDATION", "DATASET"),
        help="training split, validation split, dataset.json",
    )  # fmt: skip
    parser.add_argument(
        "--start", type=Path, nargs="*", default=[], help="files in the folder of the runs to start from"
    )
    parser.add_argument("--code", default="", help="digest of the code that trains")
    parser.add_argument(
        "--output", required=True, type=Path, help="file to write when done; the runs go into its folder"
    )
    arguments = parser.parse_args()

    os.environ.update(ENVIRONMENT)  # before NumPy is imported
    from layerwise.experiments import run
    from layerwise.pipeline.files import write_json

    job = run.Job(
        arguments.experiment,
        run.parse_spec(arguments.experiment, arguments.spec),
        arguments.backend,
        run.read_inputs(*arguments.splits),
        arguments.code,
    )
    first, last = arguments.seeds
    start = arguments.start[0].parent if arguments.start else None
    write_json(arguments.output, run.train_seeds(job, range(first, last + 1), arguments.output.parent, start))


if __name__ == "__main__":
    cli.command(main)
