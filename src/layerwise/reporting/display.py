"""Display functions for the notebooks: text, figures, tables, and claims with their verdicts."""

from __future__ import annotations

import ast
import base64
import html
import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pygments
from IPython.display import HTML, Markdown, display
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from layerwise.claims.tests import VERIFIED
from layerwise.plots.style import PANEL, Picture, to_png, to_svg, typeset
from layerwise.reporting import course, widgets
from layerwise.reporting.artifacts import Report

HEAVIEST_SVG = 300_000  # bytes; beyond that, a PNG is smaller and renders faster


def text(markdown: str) -> None:
    """Show Markdown, with foreign texts in it made `plain`; formulas between dollar signs are rendered."""
    display(Markdown(markdown))


def plain(title: Any) -> str:
    """Return a title, name or other foreign text so that Markdown shows it as written, on one line."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(str(title).split()))


def figure(*pictures: Picture, caption: str = "", cover: bool = False) -> None:
    """Show pictures with one caption, side by side where the page is wide enough.

    The first picture of the figure marked as ``cover`` represents the page on the index page.
    """
    display(HTML(figure_html(*pictures, caption=caption, cover=cover)))


def table(data: pd.DataFrame, caption: str = "") -> None:
    """Show a table with right-aligned numbers and four decimals for floats."""
    display(HTML(table_html(data, caption)))


def widget(live: widgets.Widget, *pictures: Picture, caption: str = "") -> None:
    """Show an interactive figure, and in its place, in print and without JavaScript, the pictures."""
    display(HTML(widgets.markup(live, "\n".join(_panel(picture) for picture in pictures), caption)))


def block(markup: str) -> None:
    """Show HTML."""
    display(HTML(markup))


def claims(rows: pd.DataFrame) -> None:
    """Show claims: verdict and statement, which unfold. Verified identities are only in the table of `verdicts`."""
    findings = rows[rows["verdict"] != VERIFIED]
    if len(findings):
        display(HTML(claims_html(findings)))


def overview(report: Report) -> None:
    """Show what the page teaches and requires, its headline findings, and a command that changes one thing.

    A page without headline findings, such as one about a user's dataset, has no overview.
    """
    findings = report.all_claims[report.all_claims["headline"] == "yes"]
    if findings.empty:
        return
    info = course.OVERVIEWS[report.name]
    goals = "".join(f"<li>{html.escape(goal)}</li>" for goal in info.goals)
    block(
        '<section class="overview" aria-label="Overview">\n'
        f"<p><strong>What you will learn:</strong></p>\n<ul>{goals}</ul>\n"
        f"<p><strong>What you should know:</strong> {html.escape(info.requires)}</p>\n"
        f"<p><strong>Findings:</strong></p>\n{claims_html(findings)}\n"
        f"<p><strong>Change one thing:</strong> <code>snakemake --cores 4 {html.escape(info.change)}</code></p>\n"
        "</section>"
    )


def exercises(report: Report) -> None:
    """Show the exercises of a report, with answers that unfold."""
    text("## Exercises")
    for number, (question, answer) in enumerate(course.exercises(report.name), start=1):
        text(f"**{number}.** {question}")
        block('<details class="answer"><summary>Answer</summary>')
        text(answer)
        block("</details>")


def source(*objects: Any) -> None:
    """Show the source code of functions, methods or classes, without their docstrings, as it was run."""
    block("\n".join(source_html(each) for each in objects))


def verdicts(rows: pd.DataFrame) -> None:
    """Show claims as two tables: findings with tests, values and artifacts, and verified identities."""
    if not len(rows):
        text("This configuration has no claims for this page.")
        return
    findings, identities = rows[rows["verdict"] != VERIFIED], rows[rows["verdict"] == VERIFIED]
    counts = ", ".join(f"{n} {str(verdict).lower()}" for verdict, n in findings["verdict"].value_counts().items())
    if len(findings):
        caption = f"{len(findings)} {'finding' if len(findings) == 1 else 'findings'}: {counts}"
        table(findings[["claim", "test", "value", "artifact", "verdict"]], caption)
    if len(identities):
        table(
            identities[["sentence", "artifact"]], "Verified: identities without sampling error, largest error and bound"
        )


def source_html(each: Any) -> str:
    """Return the source code of a function, method or class without its docstring, with the name of its file."""
    lines, _ = inspect.getsourcelines(each)
    node = ast.parse(textwrap.dedent("".join(lines))).body[0]
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner):
            docstring = inner.body[0]
            for number in range(docstring.lineno - 1, docstring.end_lineno or docstring.lineno):
                lines[number] = ""
    code = textwrap.dedent("".join(lines)).strip()
    name = f"{each.__qualname__} in {'/'.join(each.__module__.split('.'))}.py"
    return f'<div class="listing">\n{code_html(code)}\n<p>{html.escape(name)}</p>\n</div>'


def code_html(source: str) -> str:
    """Return Python code as HTML with its syntax highlighted."""
    return pygments.highlight(source, PythonLexer(), HtmlFormatter(wrapcode=True)).replace(
        "<pre>", '<pre tabindex="0">'
    )


def figure_html(*pictures: Picture, caption: str = "", cover: bool = False) -> str:
    """Return the ``<figure>`` of `figure`."""
    panels = "\n".join(_panel(picture, cover and picture is pictures[0]) for picture in pictures)
    below = f"\n<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f'<figure>\n<div class="panels">\n{panels}\n</div>{below}\n</figure>'


def _panel(picture: Picture, cover: bool = False) -> str:
    width = picture.get_figwidth()
    kind = "panel wide" if width > PANEL[0] * 1.3 else "panel"
    alt = html.escape(picture.alt)
    drawing = to_svg(picture)
    if len(drawing) > HEAVIEST_SVG:
        data = base64.b64encode(to_png(picture)).decode("ascii")
        drawing = f'<img src="data:image/png;base64,{data}" alt="{alt}" style="width:{width:.3g}in">'
    else:
        drawing = drawing.replace("<svg", f'<svg role="img" aria-label="{alt}"', 1)
    finding = f'<p class="finding">{html.escape(picture.title)}</p>\n' if picture.title else ""
    focusable = ' tabindex="0"' if kind == "panel wide" else ""  # it scrolls where the page is narrow
    return f'<div class="{kind}"{focusable}{" data-cover" if cover else ""}>\n{finding}{drawing}\n</div>'


def table_html(data: pd.DataFrame, caption: str = "") -> str:
    """Return the ``<table>`` of `table`, in a box that scrolls where the page is narrow."""
    numeric = [pd.api.types.is_numeric_dtype(kind) or _mostly_numbers(data[name]) for name, kind in data.dtypes.items()]

    def row(values: Any, cell: str) -> str:
        cells = (f"<{cell}{' class=num' if n else ''}>{_text(v)}</{cell}>" for v, n in zip(values, numeric))
        return f"<tr>{''.join(cells)}</tr>"

    body = "\n".join(row(values, "td") for values in data.itertuples(index=False))
    head = f"<caption>{html.escape(caption)}</caption>\n" if caption else ""
    return (
        f'<div class="scroll" tabindex="0"><table>\n{head}<thead>{row(data.columns, "th")}</thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _mostly_numbers(column: pd.Series) -> bool:
    return bool(column.dropna().astype(str).str.match(r"[\d+\-−–.,%± \[\]]+$").mean() > 0.6)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "–" if pd.isna(value) else typeset(f"{value:.4f}")
    if value is None or value is pd.NA:
        return "–"
    return html.escape(typeset(str(value)))


def claims_html(rows: pd.DataFrame) -> str:
    """Return a list of claims: verdict and statement, which open to show the numbers, the test and the artifact."""
    items = "\n".join(f"<li>{_claim(row)}</li>" for row in rows.to_dict("records"))
    return f'<ul class="claims">\n{items}\n</ul>'


def _claim(row: Mapping[Any, Any]) -> str:
    value = typeset(f"{row['value']:.4g}" if isinstance(row["value"], float) else str(row["value"]))
    evidence = " · ".join(html.escape(str(part)) for part in (row["test"], value, row["artifact"]) if part != "nan")
    verdict = str(row["verdict"])
    return (
        f'<details class="claim {verdict.lower()}"><summary><span class="verdict">{html.escape(verdict.capitalize())}'
        f"</span> {html.escape(str(row['statement']))}</summary>\n"
        f"<p>{html.escape(str(row['sentence']))}</p>\n<small>{evidence}</small></details>"
    )
