"""The command ``python -m layerwise.training``."""

import argparse
import os
from pathlib import Path

from layerwise import cli
from layerwise.training import ENVIRONMENT


def main() -> None:
    """Train one experiment in one backend, with one seed or several in one process."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.training", description=main.__doc__)
    parser.add_argument("backend", choices=["numpy", "keras"])
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--spec", required=True, help="its specification, as JSON")
    parser.add_argument("--seed", required=True, type=int, nargs="+")
    parser.add_argument("--train", required=True, type=Path, help="training split, .npz")
    parser.add_argument("--validation", required=True, type=Path, help="validation split, .npz")
    parser.add_argument("--dataset", required=True, type=Path, help="dataset.json")
    parser.add_argument("--output", required=True, type=Path, nargs="+", help="run folder, one a seed")
    parser.add_argument("--start", type=Path, nargs="+", help="run folder to start from, one a seed")
    arguments = parser.parse_args()
    starts = arguments.start or [None] * len(arguments.seed)
    if len(arguments.seed) != len(starts):
        parser.error(f"{len(arguments.seed)} seeds need as many runs to start from, got {len(starts)}")
    if len(arguments.seed) != len(arguments.output):
        parser.error(f"{len(arguments.seed)} seeds need as many outputs, got {len(arguments.output)}")

    os.environ.update(ENVIRONMENT)  # before NumPy is imported
    from layerwise.training import run

    job = run.Job(
        arguments.experiment,
        run.parse_spec(arguments.experiment, arguments.spec),
        arguments.backend,
        run.read_inputs(arguments.train, arguments.validation, arguments.dataset),
    )
    for seed, output, start in zip(arguments.seed, arguments.output, starts):
        run.train(job, seed, output, start)


if __name__ == "__main__":
    cli.command(main)
