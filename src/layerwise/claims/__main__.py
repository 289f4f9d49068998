"""The command ``python -m layerwise.claims``."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from layerwise.claims import COLUMNS, decide, stability
from layerwise.claims.artifacts import Artifacts
from layerwise.pipeline import cli
from layerwise.pipeline.files import write_text


def table(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> str:
    """Return rows, by default of claims, as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def main() -> None:
    """Decide the claims of one report, join the tables of several, or compare the verdicts of two runs."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.claims", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="decide the claims of one report")
    checking.add_argument("--report", required=True)
    checking.add_argument("--spec", required=True, help='JSON: {"claims": {name: claim}, "anchors": {name: anchor}}')
    checking.add_argument("--output", required=True, type=Path)
    checking.add_argument(
        "artifacts", type=Path, nargs="*", help="metrics.json files of runs and .npz files of studies"
    )
    joining = commands.add_parser("join", help="join tables of claims into one")
    joining.add_argument("--output", required=True, type=Path)
    joining.add_argument("tables", type=Path, nargs="+")
    comparing = commands.add_parser("compare", help="count the verdicts that other runs change")
    comparing.add_argument("--output", required=True, type=Path)
    comparing.add_argument("run", type=Path, help="claims.csv of a run")
    comparing.add_argument("others", nargs="+", metavar="CHANGE=FILE", help="claims.csv of a run with a change")
    arguments = parser.parse_args()
    with cli.work():
        if arguments.command == "compare":
            first = read(arguments.run)
            pairs = [other.partition("=") for other in arguments.others]
            compared = [row for change, _, path in pairs for row in stability.compare(change, first, read(Path(path)))]
            write_text(arguments.output, table(compared, stability.COLUMNS))
            return
        if arguments.command == "join":
            rows = [row for path in arguments.tables for row in read(path)]
        else:
            spec = json.loads(arguments.spec)
            artifacts = Artifacts.read(arguments.artifacts)
            rows = [decide(name, claim, artifacts, spec["anchors"]) for name, claim in spec["claims"].items()]
            print(*(f"{row['verdict']}: {row['sentence']}" for row in rows), sep="\n")
        write_text(arguments.output, table(rows))


def read(path: Path) -> list[dict[str, str]]:
    """Read a table of claims."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    cli.command(main)
