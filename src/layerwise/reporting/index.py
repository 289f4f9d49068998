"""The landing page of the reports, and the results page of the repository."""

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
from layerwise.reporting import display
from layerwise.reporting.artifacts import mean_and_interval
from layerwise.reporting.pages import frame
from layerwise.reports import REPORTS

UNSUPPORTED = (CONTRADICTED, INCONCLUSIVE)


def index(
    output: Path,
    reports: Sequence[Path],
    claims: Path,
    summaries: Sequence[Path] = (),
    spec: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Write the landing page.

    Parameters
    ----------
    output : path
        Page to write.
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
    rows = pd.read_csv(claims)
    write_text(
        output,
        frame(
            "index.html.j2",
            cards=[_card(path, rows) for path in reports],
            verdicts={verdict: int((rows["verdict"] == verdict).sum()) for verdict in VERDICTS},
            unsupported=display.claims_html(rows[rows["verdict"].isin(UNSUPPORTED)]),
            headline=headline(summaries, spec or {}),
            settings={
                name: value if isinstance(value, str) else _words(value) for name, value in (settings or {}).items()
            },
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            commit=commit(),
        ),
    )


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _card(path: Path, claims: pd.DataFrame) -> dict[str, Any]:
    """Return the title and description in the head of a report's page, and its number of claims by verdict."""
    head = path.read_text(encoding="utf-8").split("</head>", 1)[0]
    title = re.search(r"<title>(.*?)</title>", head, re.DOTALL)
    description = re.search(r'<meta name="description" content="(.*?)">', head, re.DOTALL)
    verdicts = claims.loc[claims["report"] == path.stem, "verdict"]
    return {
        "href": path.name,
        "kicker": REPORTS[path.stem].label,
        "title": html.unescape(title[1]).split(" · ")[0] if title else path.stem,
        "description": html.unescape(description[1]) if description else "",
        "verdicts": {verdict: int((verdicts == verdict).sum()) for verdict in VERDICTS},
    }


def headline(summaries: Sequence[Path], experiments: Mapping[str, Any]) -> str:
    """Return a table and a figure of test accuracy in both backends as HTML; empty if no experiment has both."""
    rows = both_backends(summaries, experiments)
    if rows.empty:
        return ""
    caption = "Test accuracy, mean ± half-width of the 95% interval over seeds"
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
