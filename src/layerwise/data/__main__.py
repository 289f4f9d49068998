"""``python -m layerwise.data fetch|prepare …``: download a published source, or prepare a dataset."""

from __future__ import annotations

import argparse
import json

from layerwise.pipeline import cli


def main() -> None:
    """Run the ``fetch`` or the ``prepare`` command."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch", help="download and verify the files of a published source")
    fetch.add_argument("--source", required=True)
    fetch.add_argument("--downloads", required=True, help="folder in which <source>/ is created")
    fetch.add_argument(
        "--mirror", help="local folder to try before the network; LAYERWISE_DATA_MIRROR takes precedence over it"
    )
    prepare = commands.add_parser("prepare", help="write the train, validation and test splits and dataset.json")
    prepare.add_argument("--dataset", required=True)
    prepare.add_argument("--spec", required=True, help="dataset specification, as JSON")
    prepare.add_argument("--downloads", required=True)
    prepare.add_argument("--output", required=True)
    arguments = parser.parse_args()
    if arguments.command == "fetch":
        from layerwise.data import download

        with cli.work():
            download.fetch(arguments.source, arguments.downloads, arguments.mirror)
    else:
        from layerwise.data import prepare as preparing

        try:
            spec = json.loads(arguments.spec)
        except json.JSONDecodeError as error:
            raise ValueError(f"--spec: must be valid JSON ({error}), got {arguments.spec!r}") from None
        preparing.loader(spec, arguments.downloads)  # import the source's dependencies outside the timed section
        with cli.work():
            preparing.prepare(arguments.dataset, spec, arguments.downloads, arguments.output)


if __name__ == "__main__":
    cli.command(main)
