"""Suggestions for unknown names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

MOST = 80  # names in a message


def suggestion(name: Any, known: Iterable[Any]) -> str:
    """Return ``"; did you mean 'x'?"`` with the closest known name, to append to a message; empty if none is close."""
    names = {str(candidate).lower(): str(candidate) for candidate in sorted(known, key=str)}
    match = difflib.get_close_matches(str(name).lower(), names, n=1)
    return f"; did you mean '{names[match[0]]}'?" if match else ""


def nearest(name: Any, known: Iterable[Any]) -> str:
    """Return the `suggestion` to append to a message, or the known names if none is close and they fit a sentence."""
    names = sorted(map(str, known))
    return suggestion(name, names) or (f"; must be one of {', '.join(names)}" if 0 < len(names) <= MOST else "")
