"""What a failed run tells its user: the rule, the last lines of its log and the likely cause."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_CAUSES = {
    r"No space left on device": "the disk is full: free some space and run the same command again",
    r"MemoryError|Killed|Cannot allocate memory|bad_alloc": "memory ran out: run again with fewer --cores",
    r"CERTIFICATE|Name or service not known|Failed to establish|Max retries": (
        "the network could not be reached: run again, or name a folder with the files as data.mirror"
    ),
    r"ModuleNotFoundError": "the environment is not complete: run `make environment`",
}


def explain(logs: Iterable[str | Path], lines: int = 5) -> str:
    """Explain the failures that Snakemake's logs report.

    Parameters
    ----------
    logs : paths
        The logs of the whole run, written by Snakemake.
    lines : int
        How many of the last lines of a failed rule's own log to show.

    Returns
    -------
    str
        One paragraph for each failed rule; empty when no rule failed.
    """
    text = "\n".join(Path(log).read_text(encoding="utf-8", errors="replace") for log in logs)
    failed = dict(
        re.findall(r"^Error in rule (\S+):\n(?:    .*\n)*?    log: (.*?)(?: \(check.*)?$", text, re.MULTILINE)
    )
    return "\n".join(_paragraph(rule, file.split(", ")[0], lines) for rule, file in failed.items())


def _paragraph(rule: str, log: str, lines: int) -> str:
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
