"""What every ``python -m layerwise.…`` command shares: errors in one sentence, and an account of the time spent."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_work_seconds = 0.0


def cpu_seconds() -> float:
    """Return the CPU seconds that this process and its finished children have used."""
    return sum(os.times()[:4])


@contextmanager
def work() -> Iterator[None]:
    """Mark the part of a command that a user waits for (training, evaluating, rendering), as against start-up."""
    global _work_seconds
    start = cpu_seconds()
    try:
        yield
    finally:
        _work_seconds += cpu_seconds() - start


def _sentence(error: Exception) -> str:
    """Return what an error says, of the system's errors without their number."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def command(main: Callable[[], None]) -> None:
    """Run ``main``; an error a user can mend ends in one sentence and exit status 1.

    ``LAYERWISE_DEBUG=1`` shows the traceback instead. The last line written is the account of CPU seconds
    that ``benchmarks/pipeline.py`` adds up. A command that succeeds ends the process at once.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that a terminal or PYTHONIOENCODING lacks stops no work
            stream.reconfigure(errors="backslashreplace")
    try:
        main()
    except (ValueError, OSError) as error:
        if os.environ.get("LAYERWISE_DEBUG"):
            raise
        print(f"error: {_sentence(error)}", file=sys.stderr)
        raise SystemExit(1) from None
    print(f"cpu_seconds total={cpu_seconds():.3f} work={_work_seconds:.3f}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # every file is written; taking TensorFlow or scikit-learn down would cost as much as many a job's work
