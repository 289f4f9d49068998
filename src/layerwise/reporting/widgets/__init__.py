"""Interactive figures: for each, a module that takes its data from artifacts and a script of the same name.

A page contains the scripts of the widgets it uses and nothing else that is executable. A widget without its script (in
print, or in a browser without JavaScript) is its static figure.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
NETWORK = ("draw_digit", "corruption")  # widgets that run a trained network with network.js


@dataclass(frozen=True)
class Widget:
    """One interactive figure.

    Attributes
    ----------
    name : str
        Stem of its script.
    title : str
    hint : str
        One sentence: what to try.
    data : mapping
        What the script needs, as JSON; arrays are encoded by `encode`.
    """

    name: str
    title: str
    hint: str
    data: Mapping[str, Any]


def encode(array: np.ndarray) -> dict[str, Any]:
    """Return an array as its type, shape and base64 bytes in little-endian order, for ``decode`` of widgets.js."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return {
        "type": array.dtype.name,
        "shape": list(array.shape),
        "bytes": base64.b64encode(little.tobytes()).decode("ascii"),
    }


def markup(widget: Widget, figure: str = "", caption: str = "") -> str:
    """Return the HTML of a widget.

    Parameters
    ----------
    widget : Widget
    figure : str
        HTML of the static figure that it replaces. Without one, there is nothing to see without JavaScript.
    caption : str
        Caption of both.
    """
    data = json.dumps(widget.data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<figure class="widget" data-widget="{widget.name}"{"" if figure else " hidden"}>\n'
        + (f'<div class="panels static">\n{figure}\n</div>\n' if figure else "")
        + f'<section class="stage" aria-label="{html.escape(widget.title)}" hidden>\n'
        f'<p class="widget-title">{html.escape(widget.title)}</p>\n<p class="hint">{html.escape(widget.hint)}</p>\n'
        f'</section>\n<script type="application/json">{data}</script>\n'
        + (f"<figcaption>{html.escape(caption)}</figcaption>\n" if caption else "")
        + f"</figure><!-- {widget.name} -->"
    )


def cut_out(page: str, name: str) -> str:
    """Return the HTML of a widget on another page; empty if it has none."""
    found = re.search(rf'<figure class="widget" data-widget="{name}".*?</figure><!-- {name} -->', page, re.DOTALL)
    return found[0] if found else ""


def assets(content: str) -> dict[str, str]:
    """Return the style and the script for the widgets in the content of a page, and the hash that permits the script.

    Returns
    -------
    dict
        ``style``, ``script`` and ``hash``, the source expression of the Content-Security-Policy; empty without widgets.
    """
    names = sorted(set(re.findall(r'data-widget="(\w+)"', content)))
    if not names:
        return dict.fromkeys(("style", "script", "hash"), "")
    shared = ["widgets", *(["network"] if set(names) & set(NETWORK) else [])]
    parts = [(FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in [*shared, *names]]
    script = "".join(["\n", *parts, "layerwise.start();\n"])
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return {
        "style": (FOLDER / "widgets.css").read_text(encoding="utf-8"),
        "script": script,
        "hash": f"'sha256-{digest}'",
    }
