"""Whether a run may start in a folder: no other run is at work there, and there is room on the disk.

Snakemake has a lock as well, but cannot tell a run that goes on from one that was killed. The system takes ours back
when the run ends, however it ends.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOM = 10_000_000  # bytes without which not even the smallest run ends
FULL = "the disk is full: free some space and run the same command again"
WRITTEN = (".snakemake", "logs", "results", "reports")
LOCK = Path(".snakemake", "layerwise.lock")
_held: list[IO[str]] = []  # open until the process ends


def hold(path: Path = LOCK) -> None:
    """Take the lock for as long as this process lives, if nobody has it and the disk allows it."""
    with suppress(OSError):
        file = open(path, "a+", encoding="ascii")  # noqa: SIM115, it stays open
        if _locked(file):
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            _held.append(file)


def holder(path: Path = LOCK) -> int | None:
    """Return the number of the process that has the lock, or None."""
    try:
        with open(path, encoding="ascii") as file:
            return None if _locked(file) else int(file.readline() or 0)
    except OSError:
        return None


def _locked(file: IO[str]) -> bool:
    """Lock an open file until it is closed, and return whether nobody else has."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):  # a system or a disk without such locks
        pass
    return True


def refusal(path: Path = LOCK) -> str:
    """Say why a run cannot start or a folder cannot be unlocked, and what to do."""
    number = holder(path)
    if number is None:
        return (
            "an earlier run was killed in this folder: go on with `make resume`, "
            "or with `snakemake --unlock` and then the same command"
        )
    return f"another run is at work in this folder (process {number}): wait for its end, or stop it with Ctrl-C"


def full(folder: Path = Path()) -> str | None:
    """Say that the disk of a folder is full, or return None."""
    free = shutil.disk_usage(folder).free
    return None if free >= ROOM else f"{FULL} ({free / 1e6:.1f} MB are free, at least {ROOM / 1e6:.0f} are needed)"


def closed(folder: Path = Path()) -> str | None:
    """Say that nothing may be written where a run has to, or return None."""
    places = [folder / name for name in WRITTEN if (folder / name).exists()] or [folder]
    refused = [str(place.resolve()) for place in places if not os.access(place, os.W_OK)]
    return f"{refused[0]}: may not be written; run a copy that is your own" if refused else None


def check(arguments: Sequence[str]) -> None:
    """End this process, with a sentence that ``--quiet`` does not silence, where Snakemake would do harm or fail.

    Parameters
    ----------
    arguments : sequence of str
        The command line.
    """
    reason = (refusal() if "--unlock" in arguments and holder() else None) or full() or closed()
    if reason:
        raise SystemExit(f"error: {reason}")


class PlainMessages(logging.Filter):
    """A filter that says plainly what Snakemake says of its lock and of a full disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Reword a record if it is about one of these; every record is shown."""
        exception = getattr(record, "exception", None)
        if exception == "LockException":
            record.msg = f"error: {refusal()}"
        elif exception and os.strerror(errno.ENOSPC) in str(record.msg):
            record.msg = f"error: {FULL}"
        return True
