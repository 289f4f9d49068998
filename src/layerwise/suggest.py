"""Suggestions for unknown names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


def suggestion(name: Any, accepted: Iterable[Any]) -> str:
    """Return the end of a sentence, ``"; did you mean 'x'?"``, or nothing when no accepted name is near."""
    known = {str(candidate).lower(): str(candidate) for candidate in sorted(accepted, key=str)}
    match = difflib.get_close_matches(str(name).lower(), known, n=1)
    return f"; did you mean '{known[match[0]]}'?" if match else ""


def nearest(name: Any, accepted: Iterable[Any]) -> str:
    """Return the end of a sentence: the `suggestion`, or every accepted name when none is near."""
    known = sorted(map(str, accepted))
    return suggestion(name, known) or (f"; accepted: {', '.join(known)}" if known else "")
