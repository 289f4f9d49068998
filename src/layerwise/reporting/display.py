"""Display functions for the notebooks: text, figures, tables, and claims with their verdicts."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from typing import Any

import pandas as pd
from IPython.display import HTML, Markdown, display

from layerwise.claims.tests import VERIFIED
from layerwise.plots.style import PANEL, Picture, to_png, to_svg, typeset

HEAVIEST_SVG = 300_000  # bytes; beyond that, a PNG is smaller and renders faster


def text(markdown: str) -> None:
    """Show Markdown; formulas between dollar signs are rendered when the page is built."""
    display(Markdown(markdown))


def figure(*pictures: Picture, caption: str = "") -> None:
    """Show pictures with one caption, side by side where the page is wide enough."""
    display(HTML(figure_html(*pictures, caption=caption)))


def table(data: pd.DataFrame, caption: str = "") -> None:
    """Show a table with right-aligned numbers and four decimals for floats."""
    display(HTML(table_html(data, caption)))


def block(markup: str) -> None:
    """Show HTML."""
    display(HTML(markup))


def claims(rows: pd.DataFrame) -> None:
    """Show claims: the sentence, its verdict and the evidence. Verified identities are shown by `verdicts` only."""
    findings = rows[rows["verdict"] != VERIFIED]
    if len(findings):
        display(HTML(claims_html(findings)))


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


def figure_html(*pictures: Picture, caption: str = "") -> str:
    """Return the ``<figure>`` of `figure`."""
    panels = "\n".join(_panel(picture) for picture in pictures)
    below = f"\n<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f'<figure>\n<div class="panels">\n{panels}\n</div>{below}\n</figure>'


def _panel(picture: Picture) -> str:
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
    return f'<div class="{kind}">\n{finding}{drawing}\n</div>'


def table_html(data: pd.DataFrame, caption: str = "") -> str:
    """Return the ``<table>`` of `table`, in a box that scrolls where the page is narrow."""
    numeric = [pd.api.types.is_numeric_dtype(kind) or _mostly_numbers(data[name]) for name, kind in data.dtypes.items()]

    def row(values: Any, cell: str) -> str:
        cells = (f"<{cell}{' class=num' if n else ''}>{_text(v)}</{cell}>" for v, n in zip(values, numeric))
        return f"<tr>{''.join(cells)}</tr>"

    body = "\n".join(row(values, "td") for values in data.itertuples(index=False))
    head = f"<caption>{html.escape(caption)}</caption>\n" if caption else ""
    return (
        f'<div class="scroll"><table>\n{head}<thead>{row(data.columns, "th")}</thead>\n'
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
    """Return one block per claim: the verdict, the sentence, and the evidence in small print."""
    return "\n".join(_claim(row) for row in rows.to_dict("records"))


def _claim(row: Mapping[Any, Any]) -> str:
    value = typeset(f"{row['value']:.4g}" if isinstance(row["value"], float) else str(row["value"]))
    evidence = " · ".join(html.escape(str(part)) for part in (row["test"], value, row["artifact"]) if part != "nan")
    verdict = str(row["verdict"])
    return (
        f'<div class="claim {verdict.lower()}"><span class="verdict">{html.escape(verdict.capitalize())}</span>'
        f"<p>{html.escape(str(row['sentence']))}\n<small>{evidence}</small></p></div>"
    )
