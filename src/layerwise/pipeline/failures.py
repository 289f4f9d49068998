"""What is known of a failed job: its rule, the last lines of its log and the likely cause."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from layerwise.pipeline import preflight

_CAUSES = {
    r"No space left on device": preflight.FULL,
    r"MemoryError|Killed|Cannot allocate memory|bad_alloc": "memory ran out: run again with fewer --cores",
    r"Name or service not known|Failed to establish|Max retries|Temporary failure in name resolution": (
        "the network could not be reached: run again, or name a folder with the files as data.mirror"
    ),
    r"ModuleNotFoundError": "the environment is not complete: run `make environment`",
}


def paragraph(rule: str, log: str, lines: int = 5) -> str:
    """Return what is known of one failed rule: the last lines of its log, and the likely cause."""
    try:
        tail = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    except OSError:
        tail = []
    quoted = "\n".join(f"    {line}" for line in tail) or "    (nothing was written)"
    return f"\nRule {rule} failed. The last lines of {log}:\n{quoted}\n  Likely cause: {_cause(tail)}."


def _cause(tail: Iterable[str]) -> str:
    """Return what most likely went wrong, judged by the last lines of a log."""
    joined = "\n".join(tail)
    for pattern, cause in _CAUSES.items():
        if re.search(pattern, joined):
            return cause
    stated = re.findall(r"^error: (.*)$", joined, re.MULTILINE)
    if stated:
        return stated[-1].rstrip(".")
    return "the job ended without a word, perhaps killed: run the same command again" if not joined else "see the log"
