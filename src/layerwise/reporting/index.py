"""The landing page of the reports, the page of negative results, and the results page of the repository."""

from __future__ import annotations

import html
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from layerwise import plots
from layerwise.claims.tests import CONTRADICTED, INCONCLUSIVE, VERDICTS
from layerwise.pipeline.files import write_text
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting import display, widgets
from layerwise.reporting.artifacts import CLAIM_TYPES, mean_and_interval
from layerwise.reporting.course import OVERVIEWS
from layerwise.reporting.notation import notation_html
from layerwise.reporting.pages import frame, own_identifiers
from layerwise.reports import REPORTS

UNSUPPORTED = (CONTRADICTED, INCONCLUSIVE)


def index(
    output: Path,
    negative: Path,
    reports: Sequence[Path],
    claims: Path,
    summaries: Sequence[Path] = (),
    spec: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Write the landing page and the page of negative and inconclusive results.

    Parameters
    ----------
    output, negative : path
        Pages to write.
    reports : sequence of path
        Pages to link, named after their report.
    claims : path
        CSV of all claims.
    summaries : sequence of path
        CSV of each report's summary; the headline table shows their test accuracy.
    spec : mapping, optional
        Experiment name → specification, for titles.
    settings : mapping, optional
        Configuration settings to list, name → value.
    """
    rows = pd.read_csv(claims, dtype=CLAIM_TYPES)
    cards = [_card(path, rows) for path in reports]
    unsupported = rows[rows["verdict"].isin(UNSUPPORTED)]
    write_text(
        negative,
        frame(
            "negative.html.j2",
            sections=[
                (card, display.claims_html(unsupported[unsupported["report"] == card["name"]]))
                for card in cards
                if card["name"] in set(unsupported["report"])
            ],
            counts=_counts(unsupported),
            total=len(rows),
        ),
    )
    page = frame(
        "index.html.j2",
        cards=cards,
        live=_widget(reports, "draw_digit"),
        verdicts=_counts(rows),
        negative=negative.name if len(unsupported) else "",
        headline=headline(summaries, spec or {}),
        notation=notation_html(),
        settings={name: value if isinstance(value, str) else _words(value) for name, value in (settings or {}).items()},
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=commit(),
    )
    write_text(output, own_identifiers(page))


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _counts(claims: pd.DataFrame) -> dict[str, int]:
    """Return the number of claims by verdict."""
    return {verdict: int((claims["verdict"] == verdict).sum()) for verdict in VERDICTS}


def _widget(reports: Sequence[Path], name: str) -> str:
    """Return the HTML of a widget from the first report that has it; empty if none has."""
    found = (widgets.cut_out(path.read_text(encoding="utf-8"), name) for path in reports)
    return next(filter(None, found), "")


def _card(path: Path, claims: pd.DataFrame) -> dict[str, Any]:
    """Return title and picture of a report's page, its place in the course, its main finding and its verdicts."""
    page = path.read_text(encoding="utf-8")
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    picture = re.search(r'<div class="panel[^>]* data-cover>.*?(<svg.*?</svg>|<img[^>]*>)', page, re.DOTALL)
    own = claims[claims["report"] == path.stem]
    headline = own[own["headline"] == "yes"].head(1)
    return {
        "name": path.stem,
        "href": path.name,
        "kicker": REPORTS[path.stem].label,
        "title": html.unescape(title[1]).split(" · ")[0] if title else path.stem,
        "goals": OVERVIEWS[path.stem].goals,
        "requires": OVERVIEWS[path.stem].requires,
        "picture": picture[1] if picture else "",
        "finding": display.claims_html(headline) if len(headline) else "",
        "verdicts": _counts(own),
    }


def headline(summaries: Sequence[Path], experiments: Mapping[str, Any]) -> str:
    """Return a table and a figure of test accuracy in both backends as HTML; empty if no experiment has both."""
    rows = both_backends(summaries, experiments)
    if rows.empty:
        return ""
    caption = "Test accuracy, mean and 95% interval over seeds"
    return display.table_html(beside(rows), caption) + display.figure_html(
        plots.metric_bars(rows, "test accuracy"), caption="The same results; lines are 95% intervals over seeds."
    )


def both_backends(summaries: Sequence[Path], experiments: Mapping[str, Any]) -> pd.DataFrame:
    """Return the test accuracy of the experiments trained in both backends, with their titles in ``label``."""
    rows = pd.concat([pd.read_csv(path) for path in summaries], ignore_index=True) if summaries else pd.DataFrame()
    if rows.empty:
        return rows
    rows = rows[(rows["metric"] == "accuracy") & (rows["split"] == "test")].drop_duplicates(["experiment", "backend"])
    rows = rows[rows.groupby("experiment")["backend"].transform("size") == 2]
    return rows.assign(label=[experiments.get(name, {}).get("title", name) for name in rows["experiment"]])


def beside(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per experiment, with the accuracy of both backends."""
    return pd.DataFrame(
        [
            {
                "experiment": label,
                **{BACKEND_NAMES[row["backend"]]: mean_and_interval(row) for _, row in part.iterrows()},
                "seeds": int(part["seeds"].max()),
            }
            for label, part in rows.groupby("label", sort=False)
        ]
    )


def results(
    output: Path,
    claims: Path,
    summaries: Sequence[Path] = (),
    tables: Sequence[Path] = (),
) -> None:
    """Write the results page of the repository, as Markdown.

    Parameters
    ----------
    output : path
        Page to write.
    claims : path
        CSV of all claims.
    summaries : sequence of path
        CSV of each report's summary.
    tables : sequence of path
        Markdown tables of the benchmarks, each with its heading.
    """
    rows = pd.read_csv(claims)
    counts = rows.groupby(["report", "verdict"]).size().unstack(fill_value=0).reset_index()
    parts = [
        f"# Results\n\nGenerated by `make results` from the artifacts of one run at {commit()}.",
        "## NumPy vs Keras\n\nTest accuracy, mean and 95% interval over seeds.",
        markdown(beside(both_backends(summaries, {}))),
        "## Claims\n\nEach claim is decided by a statistical test over its artifacts.",
        markdown(counts),
        "## Negative and inconclusive results",
        "\n".join(f"- {row.verdict}: {row.sentence}" for row in rows[rows["verdict"].isin(UNSUPPORTED)].itertuples()),
        *(path.read_text(encoding="utf-8").strip() for path in tables),
    ]
    write_text(output, "\n\n".join(parts) + "\n")


def markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown."""
    rows: list[Any] = [table.columns, ["---"] * len(table.columns), *table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def commit() -> str:
    """Return the hash and date of the current commit, noting uncommitted changes."""
    try:
        head = subprocess.run(
            ["git", "log", "-1", "--format=%h of %cs"], capture_output=True, text=True, check=True, timeout=20
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain"], capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return "not a git checkout"
    return f"{head}, with uncommitted changes" if changed.stdout.strip() else head
