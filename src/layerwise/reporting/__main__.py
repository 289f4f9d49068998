"""The command ``python -m layerwise.reporting render|index|results``."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from layerwise.pipeline import cli
from layerwise.reports import ALL_REPORTS


def _value(text: str) -> Any:
    """Parse a parameter as JSON if possible, and return it as text otherwise."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def main() -> None:
    """Parse the command line and write the requested page."""
    parser = argparse.ArgumentParser(prog="python -m layerwise.reporting", description="Write the reports.")
    commands = parser.add_subparsers(dest="command", required=True)

    render = commands.add_parser("render", help="execute a notebook and convert it to a page")
    render.add_argument("--notebook", type=Path, required=True, help="percent-format notebook")
    render.add_argument("--report", choices=ALL_REPORTS, required=True, help="name of the report")
    render.add_argument("--output", type=Path, required=True, help="page to write")
    render.add_argument("--executed", type=Path, required=True, help="executed notebook to write")
    render.add_argument(
        "--spec", type=json.loads, default={}, help="the report's experiments, with backends and seeds; JSON"
    )
    render.add_argument("--alone", action="store_true", help="the page is built without the others: no links to them")
    render.add_argument("--studies", type=json.loads, default={}, help="the report's studies by name, JSON")
    render.add_argument(
        "-p", dest="parameters", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"), help="parameter (JSON)"
    )

    index = commands.add_parser(
        "index", help="write the landing page, which links all reports, and the page of negative results"
    )
    index.add_argument("--output", type=Path, required=True, help="page to write")
    index.add_argument("--negative", type=Path, required=True, help="page of negative results to write")
    index.add_argument("--reports", type=Path, nargs="+", required=True, help="pages to link")
    index.add_argument("--claims", type=Path, required=True, help="claims of all reports, CSV")
    index.add_argument("--summaries", type=Path, nargs="*", default=[], help="summaries of the reports, CSV")
    index.add_argument("--spec", type=json.loads, default={}, help="experiments by name, for their titles; JSON")
    index.add_argument("--settings", type=json.loads, default={}, help="configuration settings to list, JSON")

    results = commands.add_parser("results", help="write the results page in Markdown")
    results.add_argument("--output", type=Path, required=True, help="page to write")
    results.add_argument("--claims", type=Path, required=True, help="claims of all reports, CSV")
    results.add_argument("--summaries", type=Path, nargs="*", default=[], help="summaries of the reports, CSV")
    results.add_argument("--tables", type=Path, nargs="*", default=[], help="benchmark tables, Markdown")

    arguments = vars(parser.parse_args())
    with cli.work():
        command = arguments.pop("command")
        if command == "render":
            os.environ["MPLBACKEND"] = "agg"  # no window, whatever backend the user has configured
            from layerwise.reporting.render import render as write

            parameters = {"experiments": arguments.pop("spec")}
            if studies := arguments.pop("studies"):
                parameters["studies"] = studies
            parameters |= {key: _value(value) for key, value in arguments["parameters"]}
            write(**{**arguments, "parameters": parameters})
        else:
            from layerwise.reporting import index as pages

            write_page = pages.index if command == "index" else pages.results
            write_page(**arguments)


if __name__ == "__main__":
    cli.command(main)
