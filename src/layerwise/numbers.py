"""Formatting of numbers for text, tables and figures."""

from __future__ import annotations

import re

import numpy as np

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """Format a power of ten with a Unicode superscript, 10⁻³."""
    return "10" + str(exponent).translate(_RAISED)


def number(value: float) -> str:
    """Format a number with three digits, or with a power of ten if it is very small or very large.

    Infinity is "∞" and NaN, as of a measure that has no value, "–".
    """
    if not np.isfinite(value):
        return "–" if np.isnan(value) else "∞" if value > 0 else "-∞"
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa} × {power_of_ten(int(exponent))}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def signed(text: str) -> str:
    """Replace the hyphen of a formatted number by a minus sign, and drop it if the number is zero."""
    return text.replace("-", "\u2212" if re.search(r"[1-9]", text) else "")


def plus_minus(mean: float | np.ndarray, half: float | np.ndarray, digits: int = 3) -> str:
    """Format a mean and the half-width of its interval, ``0.973 ± 0.004``; the mean alone if ``half`` is NaN."""
    return f"{mean:.{digits}f}" if np.isnan(half) else f"{mean:.{digits}f} ± {half:.{digits}f}"


def latex_matrix(values: np.ndarray) -> str:
    """Format a vector or matrix as LaTeX, with up to four decimals and space between the columns."""
    rows = np.atleast_2d(values)
    body = r" \\ ".join(r" \;& ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in row) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
