"""What to say of a name that nothing has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


def nearest(name: Any, accepted: Iterable[Any]) -> str:
    """Return the end of a sentence: ``"; did you mean 'x'?"``, or every accepted name when none is near."""
    known = {str(candidate).lower(): str(candidate) for candidate in sorted(accepted, key=str)}
    match = difflib.get_close_matches(str(name).lower(), known, n=1)
    if match:
        return f"; did you mean '{known[match[0]]}'?"
    return f"; accepted: {', '.join(known.values())}" if known else ""
