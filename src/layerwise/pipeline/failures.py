"""Explaining failed jobs: the rule, the last lines of the log and the likely cause."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from layerwise.pipeline import preflight

_CAUSES = {
    r"No space left on device": preflight.FULL,
    r"MemoryError|Killed|Cannot allocate memory|bad_alloc": "out of memory: run again with fewer --cores",
    r"Name or service not known|Failed to establish|Max retries|Temporary failure in name resolution": (
        "the network could not be reached: run again, or set data.mirror to a folder that contains the files"
    ),
    r"ModuleNotFoundError": "the environment is incomplete: run `make environment`",
}


def paragraph(rule: str, log: str, lines: int = 5) -> str:
    """Return a paragraph about a failed job with the last lines of its log and the likely cause."""
    try:
        tail = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    except OSError:
        tail = []
    quoted = "\n".join(f"    {line}" for line in tail) or "    (nothing was written)"
    return f"\nRule {rule} failed. The last lines of {log}:\n{quoted}\n  Likely cause: {_cause(tail)}."


def _cause(tail: Iterable[str]) -> str:
    """Return the most likely cause of a failure, judging by the last lines of its log."""
    joined = "\n".join(tail)
    for pattern, cause in _CAUSES.items():
        if re.search(pattern, joined):
            return cause
    messages = re.findall(r"^error: (.*)$", joined, re.MULTILINE)
    if messages:
        return messages[-1].rstrip(".")
    return "the job ended without output, perhaps killed: run the same command again" if not joined else "see the log"
