"""Checks before a run starts: no other run is active in the folder, and the disk has free space.

Snakemake has its own lock, but cannot distinguish an active run from one that was killed. The operating system releases
the lock used here whenever the process ends.
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

ROOM = 10_000_000  # bytes of free space that the smallest run needs
FULL = "the disk is full: free some space and run the same command again"
WRITTEN = (".snakemake", "logs", "results", "reports")
LOCK = Path(".snakemake", "layerwise.lock")
_held: list[IO[str]] = []  # lock files, kept open until the process ends


def hold(path: Path = LOCK) -> None:
    """Hold the lock until this process ends, if it is free and the disk is writable."""
    with suppress(OSError):
        file = open(path, "a+", encoding="ascii")  # noqa: SIM115, must stay open
        if _locked(file):
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            _held.append(file)


def holder(path: Path = LOCK) -> int | None:
    """Return the id of the process that holds the lock, or None."""
    try:
        with open(path, encoding="ascii") as file:
            return None if _locked(file) else int(file.readline() or 0)
    except OSError:
        return None


def _locked(file: IO[str]) -> bool:
    """Try to lock an open file until it is closed, and return whether no other process holds the lock."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):  # an operating system or file system without such locks
        pass
    return True


def refusal(path: Path = LOCK) -> str:
    """Return the message for a run that cannot start, or a folder that cannot be unlocked, because of the lock."""
    number = holder(path)
    if number is None:
        return (
            "an earlier run was killed in this folder: resume with `make resume`, "
            "or with `snakemake --unlock` and then the same command"
        )
    return f"another run is active in this folder (process {number}): wait for it to end, or stop it with Ctrl-C"


def full(folder: Path = Path()) -> str | None:
    """Return a message if the disk of a folder is full, else None."""
    free = shutil.disk_usage(folder).free
    return None if free >= ROOM else f"{FULL} (needs at least {ROOM / 1e6:.0f} MB, got {free / 1e6:.1f} MB free)"


def closed(folder: Path = Path()) -> str | None:
    """Return a message if a folder that a run writes to is not writable, else None."""
    folders = [folder / name for name in WRITTEN if (folder / name).exists()] or [folder]
    unwritable = [str(path.resolve()) for path in folders if not os.access(path, os.W_OK)]
    return f"{unwritable[0]}: folder must be writable; run in your own copy of the project" if unwritable else None


def check(arguments: Sequence[str]) -> None:
    """Exit with a message if the run cannot succeed or would unlock the folder of an active run.

    The message is printed even with ``--quiet``.

    Parameters
    ----------
    arguments : sequence of str
        Command-line arguments of Snakemake.
    """
    reason = (refusal() if "--unlock" in arguments and holder() else None) or full() or closed()
    if reason:
        raise SystemExit(f"error: {reason}")


class PlainMessages(logging.Filter):
    """A logging filter that rewords Snakemake's messages about its lock and a full disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Reword the record if it is about the lock or a full disk, and always show it."""
        exception = getattr(record, "exception", None)
        if exception == "LockException":
            record.msg = f"error: {refusal()}"
        elif exception and os.strerror(errno.ENOSPC) in str(record.msg):
            record.msg = f"error: {FULL}"
        return True
