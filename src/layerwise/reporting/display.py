"""What a notebook shows: text with numbers in it, figures, tables, claims with their verdicts."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from IPython.display import HTML, Markdown, display

from layerwise.plots.style import PANEL, Picture, to_png, to_svg

HEAVIEST_SVG = 300_000  # bytes; beyond it a PNG is smaller and quicker to draw


def text(markdown: str) -> None:
    """Show Markdown; formulas between dollar signs are drawn when the page is built."""
    display(Markdown(markdown))


def figure(*pictures: Picture, caption: str = "") -> None:
    """Show pictures side by side where there is room, below each other where there is none, under one caption."""
    display(HTML(figure_html(*pictures, caption=caption)))


def table(data: pd.DataFrame, caption: str = "") -> None:
    """Show a table; numbers are right-aligned, floats with four decimals."""
    display(HTML(table_html(data, caption)))


def block(markup: str) -> None:
    """Show HTML that a report's own room wrote."""
    display(HTML(markup))


def claims(rows: pd.DataFrame) -> None:
    """Show claims: the sentence, its verdict, and what decided it."""
    if len(rows):
        display(HTML(claims_html(rows)))


def verdicts(rows: pd.DataFrame) -> None:
    """Show claims as a table: name, what decided them, verdict."""
    counts = ", ".join(f"{number} {str(verdict).lower()}" for verdict, number in rows["verdict"].value_counts().items())
    if len(rows):
        table(rows[["claim", "test", "value", "artifact", "verdict"]], f"{len(rows)} claims: {counts}")
    else:
        text("With this configuration the page makes no claim.")


def figure_html(*pictures: Picture, caption: str = "") -> str:
    """Return the ``<figure>`` of `figure`."""
    panels = "\n".join(_panel(picture) for picture in pictures)
    below = f"\n<figcaption>{_escape(caption)}</figcaption>" if caption else ""
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
    finding = f'<p class="finding">{_escape(picture.title)}</p>\n' if picture.title else ""
    return f'<div class="{kind}">\n{finding}{drawing}\n</div>'


def table_html(data: pd.DataFrame, caption: str = "") -> str:
    """Return the ``<table>`` of `table`, in a box of its own that scrolls where the page is narrow."""
    numeric = [pd.api.types.is_numeric_dtype(kind) or _mostly_numbers(data[name]) for name, kind in data.dtypes.items()]

    def row(values: Any, cell: str) -> str:
        cells = (f"<{cell}{' class=num' if n else ''}>{_text(v)}</{cell}>" for v, n in zip(values, numeric))
        return f"<tr>{''.join(cells)}</tr>"

    body = "\n".join(row(values, "td") for values in data.itertuples(index=False))
    head = f"<caption>{_escape(caption)}</caption>\n" if caption else ""
    return (
        f'<div class="scroll"><table>\n{head}<thead>{row(data.columns, "th")}</thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _mostly_numbers(column: pd.Series) -> bool:
    return bool(column.dropna().astype(str).str.match(r"[\d+\-−–.,%± \[\]]+$").mean() > 0.6)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "–" if pd.isna(value) else f"{value:.4f}"
    if value is None or value is pd.NA:
        return "–"
    return _escape(str(value))


def _escape(words: str) -> str:
    """Escape text for HTML, and keep a number and its per-cent sign on one line."""
    return re.sub(r"(?<=\d) (?=%)", "\u202f", html.escape(words))


def claims_html(rows: pd.DataFrame) -> str:
    """Return one block per claim: sentence first, verdict beside it, the evidence in small print."""
    return "\n".join(_claim(row) for row in rows.to_dict("records"))


def _claim(row: Mapping[Any, Any]) -> str:
    value = f"{row['value']:.4g}" if isinstance(row["value"], float) else str(row["value"])
    evidence = " · ".join(html.escape(str(part)) for part in (row["test"], value, row["artifact"]) if part != "nan")
    verdict = str(row["verdict"])
    return (
        f'<div class="claim {verdict.lower()}"><span class="verdict">{html.escape(verdict.capitalize())}</span>'
        f"<p>{html.escape(str(row['sentence']))}\n<small>{evidence}</small></p></div>"
    )
