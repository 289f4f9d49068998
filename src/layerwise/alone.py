"""One run at a time in a folder: a lock that the system takes back when the run ends, however it ends.

Snakemake has a lock as well, but cannot tell a run that goes on from one that was killed.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import IO

LOCK = Path(".snakemake", "layerwise.lock")
_held: list[IO[str]] = []  # open until the process ends


def hold(path: Path = LOCK) -> None:
    """Take the lock for as long as this process lives."""
    taken = _take(path)
    if not isinstance(taken, int):
        _held.append(taken)


def holder(path: Path = LOCK) -> int | None:
    """Return the number of the process that has the lock, or None."""
    taken = _take(path) if path.exists() else None
    if taken is None or isinstance(taken, int):
        return taken
    taken.close()
    return None


def _take(path: Path) -> IO[str] | int:
    """Return the open file that is the lock, or the number of the process that has it."""
    file = open(path, "a+", encoding="ascii")  # noqa: SIM115, it stays open
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with file:
            file.seek(0)
            return int(file.readline() or 0)
    except (ImportError, OSError):  # a system or a disk without such locks
        pass
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def refusal(path: Path = LOCK) -> str:
    """Say why a run cannot start or a folder cannot be unlocked, and what to do."""
    number = holder(path)
    if number is None:
        return (
            "an earlier run was killed in this folder: go on with `make resume`, "
            "or with `snakemake --unlock` and then the same command"
        )
    return f"another run is at work in this folder (process {number}): wait for its end, or stop it with Ctrl-C"


class Plainly(logging.Filter):
    """A filter that puts this refusal in the place of Snakemake's."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Reword a record if it is about the lock; every record is shown."""
        if getattr(record, "exception", None) == "LockException":
            record.msg = f"error: {refusal()}"
        return True
