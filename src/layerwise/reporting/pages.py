"""Parts shared by all pages: the frame around the content, and formulas rendered at build time."""

from __future__ import annotations

import itertools
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import jinja2
import ziamath
from ziamath.tex import tex2mml

from layerwise.reporting import widgets
from layerwise.reports import REPORTS

TEMPLATES = Path(__file__).parent / "templates"

PACKAGES = ("layerwise", "numpy", "keras", "tensorflow", "scikit-learn", "scipy", "pandas", "matplotlib")


def frame(template: str, alone: bool = False, **values: Any) -> str:
    """Render a template with the given values, the style sheet, the list of reports and the package versions.

    The scripts of the widgets in the values are inlined; a page without widgets has no script. A page built ``alone``
    has no links to the others.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    live = widgets.assets("".join(value for value in values.values() if isinstance(value, str)))
    style = re.sub(r"\s*\n\s*", "\n", (TEMPLATES / "style.css").read_text(encoding="utf-8") + live["style"])
    return environment.get_template(template).render(
        **{**live, "style": style}, alone=alone, all_reports=REPORTS, versions=versions(), **values
    )


def versions() -> dict[str, str]:
    """Return the versions of the packages on which the results depend, without importing them."""
    installed = {}
    for package in PACKAGES:
        for name in (package, f"{package}-cpu"):
            try:
                installed[package] = metadata.version(name)
                break
            except metadata.PackageNotFoundError:
                continue
    return installed


def own_identifiers(body: str) -> str:
    """Make the identifiers of each SVG unique within the page."""
    numbers = itertools.count(1)

    def numbered(svg: re.Match[str]) -> str:
        return re.sub(r'(id="|href="#|url\(#)(?=\w)', rf"\g<1>d{next(numbers)}-", svg[0])

    return re.sub(r"<svg.*?</svg>", numbered, body, flags=re.DOTALL)


@cache
def formula(latex: str, inline: bool) -> str:
    """Render a LaTeX formula as an ``<svg>`` in the color and size of the text, with MathML for screen readers.

    The drawing looks the same with any fonts; few systems have the mathematical font that MathML needs.

    Raises
    ------
    ValueError
        If the LaTeX cannot be parsed; the message quotes it.
    """
    latex = " ".join(latex.split())
    ziamath.config.svg2 = False
    ziamath.config.precision = 2
    try:
        drawing = ziamath.Latex(latex, size=20, inline=inline, color="currentColor", margin=0)
        svg, below = drawing.svg(), drawing.getyofst()
        mathml = tex2mml(latex, inline=inline)
    except Exception as error:  # ziamath and its parsers raise unrelated exception classes
        raise ValueError(f"formula cannot be parsed: ${latex}$ ({type(error).__name__}: {error})") from None
    # Sizes in em, so that a formula scales with the surrounding text.
    svg = re.sub(r'(width|height)="([\d.]+)"', lambda m: f'{m[1]}="{float(m[2]) / 20:.3f}em"', svg, count=2)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    svg = svg.replace("<svg", f'<svg aria-hidden="true" style="vertical-align:{below / 20:.3f}em"', 1)
    mathml = re.sub(r' xmlns="[^"]*"', "", mathml)
    return f'<span class="formula{"" if inline else " display"}">{mathml}{svg}</span>'
