"""Numbers as people write them."""

from __future__ import annotations

import re

import numpy as np

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """Write a power of ten as plain text, 10⁻³."""
    return "10" + str(exponent).translate(_RAISED)


def number(value: float) -> str:
    """Write a number with three digits, and with a power of ten if it is very small or very large."""
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa} × {power_of_ten(int(exponent))}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def signed(text: str) -> str:
    """Return a number that is written already with a true minus sign, and none before zero."""
    return text.replace("-", "\u2212" if re.search(r"[1-9]", text) else "")


def plus_minus(mean: float | np.ndarray, half: float | np.ndarray, digits: int = 3) -> str:
    """Write a mean and the half-width of its interval, ``0.973 ± 0.004``; the mean alone if ``half`` is NaN."""
    return f"{mean:.{digits}f}" if np.isnan(half) else f"{mean:.{digits}f} ± {half:.{digits}f}"


def latex_matrix(values: np.ndarray) -> str:
    """Write a vector or a matrix as LaTeX does, with up to four decimals."""
    rows = np.atleast_2d(values)
    body = r" \\ ".join(" & ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in row) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
