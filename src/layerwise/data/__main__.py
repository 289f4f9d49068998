"""``python -m layerwise.data fetch|prepare …``: fetch a published source; prepare a dataset."""

from __future__ import annotations

import argparse
import json

from layerwise.pipeline import cli


def main() -> None:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch", help="fetch and verify the files of a published source")
    fetch.add_argument("--source", required=True)
    fetch.add_argument("--downloads", required=True, help="the folder that gets <source>/")
    fetch.add_argument("--mirror", help="a folder asked before the network; LAYERWISE_DATA_MIRROR goes before it")
    prepare = commands.add_parser("prepare", help="write train, validation, test and dataset.json")
    prepare.add_argument("--dataset", required=True)
    prepare.add_argument("--spec", required=True, help="the dataset's specification, as JSON")
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
            raise ValueError(f"--spec: got {arguments.spec!r}, which is not JSON ({error})") from None
        preparing.loader(spec, arguments.downloads)  # imports what the source needs, which is start-up, not work
        with cli.work():
            preparing.prepare(arguments.dataset, spec, arguments.downloads, arguments.output)


if __name__ == "__main__":
    cli.command(main)
