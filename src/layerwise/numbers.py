"""Numbers as people write them."""

from __future__ import annotations

import re

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
