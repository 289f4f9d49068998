"""Style of every figure: one palette, one font size, colors that follow the page into its dark theme."""

from __future__ import annotations

import io
import re

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.markers import MarkerStyle
from matplotlib.ticker import LogFormatterSciNotation
from PIL import Image

from layerwise.numbers import power_of_ten

# Okabe & Ito (2008), "Color Universal Design": distinguishable with any common type of color vision.
BLUE, VERMILLION, GREEN, ORANGE = "#0072b2", "#d55e00", "#009e73", "#e69f00"
PURPLE, SKY, YELLOW = "#cc79a7", "#56b4e9", "#f0e442"
PALETTE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, YELLOW)

# Neutral colors, and the blue that is too dark for a dark page, become CSS variables in the SVG.
INK, MUTED, RULE, PAPER = "#24272b", "#6b7079", "#dcd8d0", "#fdfcf9"
_THEME = {INK: "ink", MUTED: "muted", RULE: "rule", PAPER: "paper", BLUE: "blue"}

BACKEND_NAMES = {"numpy": "NumPy", "keras": "Keras"}
BACKEND_COLOURS = {"numpy": BLUE, "keras": VERMILLION}
BACKEND_MARKERS = {"numpy": "o", "keras": "s"}

STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # for the layout; the page uses the reader's own, narrower sans-serif font
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.titlesize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.formatter.useoffset": False,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in the name of a class or column is no formula
    "image.interpolation": "nearest",
}
styled = matplotlib.rc_context(STYLE)  # type: ignore[arg-type]

PANEL = (3.75, 2.8)  # inches; two fit side by side on a desktop, one on a phone
WIDE = (7.6, 3.0)


def typeset(text: str) -> str:
    """Return a text with true minus signs, and with powers of ten in place of exponents (4e-05 → 4 × 10⁻⁵)."""
    text = re.sub(r"(?<=\d)e([+-]\d+)\b", lambda match: f" × {power_of_ten(int(match[1]))}", text)
    return re.sub(r"(?<![\w.)\]])-(?=\.?\d)", "\u2212", text)


def letter(name: str) -> MarkerStyle:
    """Return the marker that shows the first letter or digit of a name; a circle if it has none."""
    shown = next((character for character in name if character.isalnum()), None)
    with matplotlib.rc_context({"text.parse_math": True}):  # which is how markers are made of text
        return MarkerStyle("o" if shown is None else f"${shown}$")


class Picture(Figure):
    """A matplotlib figure with its finding as the title and an alt text.

    Parameters
    ----------
    size : tuple of float
        Width and height in inches.
    pad : float
        Padding around each axes, in inches.

    Attributes
    ----------
    title : str
        The finding, computed from the data. The page shows it as text above the figure, where it can wrap.
    alt : str
        Text alternative for screen readers: the title and a description.
    """

    title: str = ""
    alt: str = ""

    def __init__(self, size: tuple[float, float] = PANEL, pad: float = 0.03):
        layout = ConstrainedLayoutEngine(w_pad=pad, h_pad=pad, hspace=0.02, wspace=0.02)
        super().__init__(figsize=size, dpi=96, layout=layout)

    def says(self, title: str, alt: str) -> Picture:
        """Set the title and the alt text, without a previous title at its start, and return the picture."""
        description = alt.removeprefix(f"{self.title}. ")
        self.title, self.alt = typeset(title), typeset(f"{title}. {description}" if title else description)
        return self


def to_svg(figure: Figure) -> str:
    """Return a figure as an ``<svg>`` element, byte-identical for equal figures, with colors that follow the page."""
    settings = {**STYLE, "svg.hashsalt": "layerwise"}
    buffer = io.StringIO()
    with matplotlib.rc_context(settings):  # type: ignore[arg-type]
        _lay_out(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="\w+_\d+">', "<g>", svg)  # figure_1, axes_1, … are the same in every figure
    svg = re.sub(r"font-family: 'DejaVu Sans'[^;\"]*", "font-family: var(--sans, sans-serif)", svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)  # does nothing
    svg = re.sub(r' id="image\w+"', "", svg)  # unused, and the same if a figure shows an image twice
    svg = re.sub(r' (?:d|x|y|transform)="[^"]*"', _shortened, svg)
    svg = re.sub(r"\n *", "\n", svg)
    for colour, variable in _THEME.items():
        svg = svg.replace(colour, f"var(--{variable}, {colour})")
    return svg


def _shortened(coordinates: re.Match[str]) -> str:
    """Return an attribute of an SVG with its coordinates in hundredths of a point; scale factors stay exact."""
    return coordinates[0] if "scale" in coordinates[0] else re.sub(r"(\.\d\d)\d+", r"\1", coordinates[0])


def _lay_out(figure: Figure) -> None:
    """Place the axes and remove the layout engine, with which ``savefig`` would draw every figure twice."""
    if engine := figure.get_layout_engine():
        FigureCanvasSVG(figure)  # text is measured as in the SVG
        engine.execute(figure)
        figure.set_layout_engine(None)
        for axes in figure.axes:  # the engine's last digits vary from run to run
            axes.set_position(np.round(axes.get_position(original=True).bounds, 6))


def to_png(figure: Figure, dpi: int = 192) -> bytes:
    """Return a figure as PNG bytes on the paper color, for use where an SVG is too large or not supported.

    A palette of 256 colors, which keeps rare ones, makes the file about a third as large.
    """
    drawn, reduced = io.BytesIO(), io.BytesIO()
    with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]
        _lay_out(figure)
        figure.savefig(drawn, format="png", dpi=dpi, facecolor=PAPER)
    image = Image.open(drawn).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    image.save(reduced, "png", optimize=True)
    return reduced.getvalue()


class PowerFormatter(LogFormatterSciNotation):
    """Formats ticks as plain text (10⁻³, 2×10⁻³), since matplotlib's math text is slow to parse and measure."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick; empty if it has none."""
        formula = super().__call__(x, pos)
        plain = formula.removeprefix(r"$\mathdefault{").removesuffix("}$").replace(r"\times", "×")
        return re.sub(r"10\^{(.*)}", lambda power: power_of_ten(int(power[1])), plain)


def logarithmic(axes: Axes, which: str) -> None:
    """Make the given axes, ``"x"``, ``"y"`` or ``"xy"``, logarithmic."""
    for name in which:
        axes.set(**{f"{name}scale": "log"})
        axis = getattr(axes, f"{name}axis")
        axis.set_major_formatter(PowerFormatter())
        axis.set_minor_formatter(PowerFormatter())


def quiet(axes: Axes) -> None:
    """Remove ticks, spines and grid."""
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
