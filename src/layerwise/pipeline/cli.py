"""Error messages and timing shared by all ``python -m layerwise.…`` commands."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_work_seconds = 0.0


def cpu_seconds() -> float:
    """Return the CPU seconds used by this process and its finished children."""
    return sum(os.times()[:4])


@contextmanager
def work() -> Iterator[None]:
    """Measure the work of a command (training, evaluation, rendering) separately from its start-up."""
    global _work_seconds
    start = cpu_seconds()
    try:
        yield
    finally:
        _work_seconds += cpu_seconds() - start


def _sentence(error: Exception) -> str:
    """Return the message of an error, without the error number of an operating-system error."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def command(main: Callable[[], None], timed: bool = True) -> None:
    """Run ``main`` and end the process, with a one-sentence message and exit status 1 on a ValueError or OSError.

    ``LAYERWISE_DEBUG=1`` shows the traceback instead. The last line of a successful command reports the CPU seconds,
    which ``benchmarks/pipeline.py`` adds up, unless ``timed`` is False.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the encoding lacks must not raise
            stream.reconfigure(errors="backslashreplace")
    try:
        main()
    except (ValueError, OSError) as error:
        if os.environ.get("LAYERWISE_DEBUG"):
            raise
        print(f"error: {_sentence(error)}", file=sys.stderr)
        raise SystemExit(1) from None
    if timed:
        print(f"cpu_seconds total={cpu_seconds():.3f} work={_work_seconds:.3f}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # all files are written; shutting down TensorFlow or scikit-learn takes as long as many a job's work
