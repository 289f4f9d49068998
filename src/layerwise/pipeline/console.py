"""Terminal output of a workflow run: a status line, the causes of failures, and the paths of the reports."""

from __future__ import annotations

import atexit
import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any, TextIO

from layerwise.pipeline import failures, progress
from layerwise.suggest import suggestion

_CHATTER = re.compile(
    r"Config file .* is extended by additional config .*"
    r"|Assuming unrestricted shared filesystem usage\."
    r"|Using shell: .*"
    r"|Conda environments: ignored"
    r"|Select jobs to execute\.\.\."
    r"|Execute \d+ jobs\.\.\."
    r"|Will exit after finishing currently running jobs \(scheduler\)\."
    r"|Elapsed time: .*"
    r"|Complete log\(s\): .*"
)
_SIGNALED = re.compile(r"died with <Signals\.SIG(INT|TERM)")  # a job can report it before the signal is handled here
_COUNTED = ("run_info", "resources_info", "progress", "job_finished")  # events replaced by the status line


class Watch(logging.Filter):
    """A logging filter that replaces Snakemake's messages about jobs with one status line.

    Snakemake's log file still contains all messages, as does the terminal with ``--verbose`` and in a dry run.

    Parameters
    ----------
    settings : snakemake.settings.types.OutputSettings
        Snakemake's verbosity.
    targets : iterable of str
        Names of the targets, for suggestions.
    """

    def __init__(self, settings: Any, targets: Iterable[str] = ()) -> None:
        super().__init__()
        quiet = {part.name.lower() for part in settings.quiet or ()}
        self.follows = not (settings.dryrun or settings.verbose or quiet & {"progress", "all"})
        self.verbose = settings.verbose
        self.targets = list(targets)
        self.failed: list[tuple[str, str]] = []  # rule and log
        self.interrupted = False
        self.progress: progress.Progress | None = None
        self.again = "the same command"  # the command that resumes this run
        self.began = 0.0
        self._line: StatusLine | None = None
        self._handler: logging.StreamHandler[Any] | None = None
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def install(self, logger: logging.Logger) -> Watch:
        """Attach the filter to the terminal's handler, ahead of its other filters."""
        handler: Any = next((known for known in logger.handlers if known.name == "DefaultStreamHandler"), None)
        if handler:
            self._handler = handler
            handler.filters.insert(0, self)
            handler.nocolor = handler.nocolor or bool(os.environ.get("NO_COLOR"))
        else:  # a logger plugin writes to the terminal
            logger.addFilter(self)
        sys.excepthook = partial(self._except, sys.excepthook)
        return self

    # --- Snakemake's messages ---------------------------------------------------------------------------------------

    def filter(self, record: logging.LogRecord) -> bool:
        """Update the counts from a record, and return whether it is shown."""
        event = str(getattr(record, "event", None))
        self._count(event, record)
        if event == "error" and (self.interrupted or _SIGNALED.search(str(record.msg))):
            return False  # after an interrupt Snakemake reports all running jobs, and the run, as failed
        if event == "error" and getattr(record, "exception", "") == "MissingRuleException":
            record.msg = unknown_target(str(record.msg), self.targets)
        counted = self.follows and event in _COUNTED
        return not counted and (self.verbose or not _CHATTER.fullmatch(str(record.msg)))

    def _count(self, event: str, record: Any) -> None:
        if event == "job_error" and not self.interrupted:
            self.failed.append((record.rule_name, " ".join(record.log).partition(" (check")[0]))
        if self.progress is None:
            return
        with self._lock:
            if event == "job_info":
                self.progress.start(record.jobid, time.monotonic())
            elif event == "job_finished":
                self.progress.finish(record.job_id, time.monotonic())
            elif event == "job_error":
                self.progress.fail(record.jobid)
        if self._line and event.startswith("job_"):
            self._show()

    # --- start and end of a run -------------------------------------------------------------------------------------

    def start(self, workflow: Any) -> None:
        """Start to follow the jobs of a run."""
        settings = workflow.resource_settings
        self.progress = progress.Progress(
            logs={job.jobid: str(next(iter(job.log), "")) for job in workflow.dag.needrun_jobs()},
            slots=(None if workflow.local_exec else settings.nodes) or settings.cores or 1,
        )
        configured = workflow.config_settings.config or workflow.config_settings.configfiles
        if not (workflow.dag_settings.targets or configured):
            self.again = "`make resume`"
        self.began = time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, partial(self._interrupt, handler))
        if not (self.follows and self._handler):
            return
        if rewrites(self._handler.stream, os.environ):
            self._line = StatusLine(self._handler.stream)
            self._handler.setStream(self._line)  # type: ignore[arg-type]
        atexit.register(self.stop)
        self._ticker.start()

    def stop(self) -> None:
        """Stop following the run and remove the status line."""
        self._ended.set()
        if self._ticker.is_alive():
            self._ticker.join(1.0)
        if self._line and self._handler:
            self._handler.setStream(self._line.stream)
            self._line.close()
            self._line = None

    def farewell(self, pages: list[str]) -> str:
        """Return the last line of a successful run: the time it took and the pages it created."""
        self.stop()
        assert self.progress is not None
        wall, cpu = time.monotonic() - self.began, self.progress.cpu_seconds()
        done = len(self.progress.done)
        summary = f"{done} job{'s' * (done != 1)} in {_minutes(wall)}, {_minutes(cpu)} of CPU time"
        return f"Done: {summary}. Open {', '.join(pages)}" if pages else f"Done: {summary}."

    def explain(self, lines: int = 5) -> str:
        """Return a paragraph per failed job with the last lines of its log, and the number of jobs done."""
        self.stop()
        paragraphs = [failures.paragraph(rule, log, lines) for rule, log in self.failed]
        if self.progress:
            paragraphs.append(f"\n{len(self.progress.done)} of {len(self.progress.logs)} jobs are done.")
        if self.interrupted:
            paragraphs.append(f"Interrupted; resume with {self.again}.")
        return "\n".join(paragraphs)

    def _interrupt(self, handler: Any, number: int, frame: FrameType | None) -> None:
        """Record that the user interrupted the run, then call Snakemake's handler."""
        self.interrupted = True
        if number == signal.SIGINT:
            handler(number, frame)
        else:  # in another thread, because Snakemake's handler takes a lock that this thread may hold
            threading.Thread(target=handler, args=[number, frame]).start()

    def _except(self, before: Any, kind: type[BaseException], *error: Any) -> None:
        """Print one word instead of a traceback if Snakemake does not catch Ctrl-C."""
        self.stop()
        if issubclass(kind, KeyboardInterrupt):
            print("Interrupted.", file=sys.stderr)
        else:
            before(kind, *error)

    # --- the status line --------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        period = 1.0 if self._line else 60.0
        while not self._ended.is_set():
            self._show()
            self._ended.wait(period)

    def _show(self) -> None:
        assert self.progress is not None
        assert self._handler is not None
        now, line = time.monotonic(), self._line
        with self._lock:
            if line:
                text = progress.line(self.progress, now, line.width() - 1, self.interrupted)
            else:
                text = progress.sentence(self.progress, now, self.interrupted)
        if line:
            line.show(text)
        else:
            self._handler.handle(logging.LogRecord("layerwise", logging.INFO, "", 0, text, None, None))


class StatusLine:
    """A stream with a last line that is rewritten in place, below everything else that is written."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._text = ""
        self._shown = ""
        self._broken = False  # other text was written and its line has not ended yet
        self._lock = threading.RLock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def width(self) -> int:
        """Return the number of columns, the smaller of the terminal's and COLUMNS."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        variable = os.environ.get("COLUMNS", "")
        return min(filter(None, (columns, int(variable) if variable.isdecimal() else 0)), default=80)

    def show(self, text: str) -> None:
        """Replace the status line."""
        with self._lock, suppress(OSError, ValueError):  # the terminal may have been closed
            self._text = encodable(text, self.stream.encoding, os.environ)
            self._draw()

    def write(self, text: str) -> int:
        """Write text above the status line."""
        with self._lock:
            self._erase()
            self._broken = not text.endswith("\n")
            return self.stream.write(text)

    def flush(self) -> None:
        """Redraw the status line and flush the stream."""
        with self._lock:
            self._draw()

    def close(self) -> None:
        """Remove the status line."""
        with self._lock:
            self._text = ""
            self._draw()

    def _draw(self) -> None:
        if not self._broken:
            self._erase()
            self.stream.write(self._text)
            self._shown = self._text
        self.stream.flush()

    def _erase(self) -> None:
        if self._shown:
            # A terminal that became narrower has wrapped the line.
            rows = (progress.width_of(self._shown) - 1) // self.width()
            self.stream.write("\r" + (f"\x1b[{rows}A" if rows else "") + "\x1b[J")
            self._shown = ""


def rewrites(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether lines can be rewritten on a stream: on a terminal, unless NO_COLOR or TERM=dumb is set."""
    plain = environment.get("NO_COLOR") or environment.get("TERM", "dumb") == "dumb"
    return stream.isatty() and not plain


def encodable(text: str, encoding: str, environment: Mapping[str, str]) -> str:
    """Return a text in the characters a terminal can show: ASCII in the C locale or if the encoding lacks others."""
    if (environment.get("LC_ALL") or environment.get("LANG")) in ("C", "POSIX"):
        encoding = "ascii"  # Python would write UTF-8
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.replace("·", "-").replace("…", "~").encode(encoding, "replace").decode(encoding)
    return text


def unknown_target(message: str, targets: Iterable[str]) -> str:
    """Return the message for an unknown target, given Snakemake's message."""
    target = message.partition("No rule to produce ")[2].partition(" (if you use")[0]
    if not target:
        return message
    known = list(targets)
    hint = suggestion(target, known)
    return f"Unknown target '{target}'{hint}\nTargets: {', '.join(known)}; or any file that the pipeline creates."


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 100 else f"{seconds:.0f} s"
