"""Progress of a workflow run and its estimated remaining time, as one line of text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# CPU seconds of one job of each kind in the default run, used as estimates in a first run. Only their ratios matter,
# because the pace of the finished jobs scales the rest. Later runs read the time of each job from its log.
TYPICAL_SECONDS = {
    "check_claims": 0.3,
    "collect_trials": 0.2,
    "evaluate_keras": 7.5,
    "evaluate_numpy": 4.0,
    "fetch": 10.0,
    "index": 2.0,
    "join_claims": 0.3,
    "prepare": 1.2,
    "prune": 0.3,
    "render": 14.0,
    "study": 5.0,
    "suggest": 0.7,
    "summarise": 0.4,
    "train_keras": 15.0,
    "train_numpy": 3.5,
    "train_trials": 3.5,
}
FEWEST_JOBS = 5  # finished jobs needed before a remaining time is shown
TRUST = 30.0  # seconds of work at the expected pace that are added to the finished jobs as a prior
BAR = 10
_ACCOUNT = re.compile(rb"^cpu_seconds total=([\d.]+) ", re.MULTILINE)  # written by layerwise.pipeline.cli


@dataclass
class Progress:
    """The jobs of a run by id: their log files, expected times and states.

    Parameters
    ----------
    logs : dict of int to str
        Log file of each job, ``logs/train_keras/mnist5k_cnn/seeds-0-4.log``; "" for a job without one.
    slots : int
        Number of jobs that run in parallel.
    """

    logs: dict[int, str]
    slots: int
    expected: dict[int, float] = field(init=False)
    running: dict[int, float] = field(init=False, default_factory=dict)  # job → when it started
    done: dict[int, float] = field(init=False, default_factory=dict)  # job → seconds it took
    failed: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.expected = {job: expected_seconds(log) for job, log in self.logs.items()}

    def start(self, job: int, now: float) -> None:
        """Record the start of a job."""
        self.running[job] = now

    def finish(self, job: int, now: float) -> None:
        """Record the end of a job."""
        self.done[job] = now - self.running.pop(job, now)

    def fail(self, job: int) -> None:
        """Record the failure of a job."""
        self.running.pop(job, None)
        self.failed.add(job)

    def names(self) -> list[str]:
        """Return the names of the running jobs, the longest-running first."""
        return [name(self.logs[job]) for job in self.running if self.logs.get(job)]

    def seconds_left(self, now: float) -> float | None:
        """Return the estimated remaining seconds, or None while too few jobs are done."""
        if len(self.done) < FEWEST_JOBS:
            return None
        begun = {*self.running, *self.done, *self.failed}
        return seconds_left(
            done=[(self.expected.get(job, 0.0), took) for job, took in self.done.items()],
            running=[(self.expected.get(job, 0.0), now - start) for job, start in self.running.items()],
            waiting=[seconds for job, seconds in self.expected.items() if job not in begun],
            slots=self.slots,
        )

    def cpu_seconds(self) -> float:
        """Return the total CPU seconds of the finished jobs, read from their logs."""
        return sum(logged_seconds(self.logs[job]) or 0.0 for job in self.done if self.logs.get(job))


def seconds_left(
    done: Sequence[tuple[float, float]], running: Sequence[tuple[float, float]], waiting: Sequence[float], slots: int
) -> float:
    """Return the estimated remaining seconds of a run.

    The pace is the ratio of actual to expected time, for example on a slower machine or with other experiments. Running
    jobs that have exceeded their expected time are included in it.

    Parameters
    ----------
    done, running : sequence of (float, float)
        Expected seconds of each job, and the seconds it took or has been running.
    waiting : sequence of float
        Expected seconds of each job that has not started.
    slots : int
        Number of jobs that run in parallel.
    """
    measured = [*done, *((expected, elapsed) for expected, elapsed in running if elapsed > expected)]
    pace = (TRUST + sum(seconds for _, seconds in measured)) / (TRUST + sum(expected for expected, _ in measured))
    remaining = [max(pace * expected - elapsed, elapsed / 10) for expected, elapsed in running]
    remaining += [pace * expected for expected in waiting]
    return max(sum(remaining) / slots, max(remaining, default=0.0))


def expected_seconds(log: str) -> float:
    """Return the CPU seconds of a job in the previous run, or the typical value of its kind."""
    if not log:
        return 0.0
    earlier = logged_seconds(log)
    return TYPICAL_SECONDS.get(name(log).split()[0], 5.0) if earlier is None else earlier


def logged_seconds(log: str) -> float | None:
    """Return the CPU seconds in the last line of a log, or None if there are none."""
    try:
        account = _ACCOUNT.search(Path(log).read_bytes()[-200:])
    except OSError:
        return None
    return float(account[1]) if account else None


def name(log: str) -> str:
    """Return the name of a job from its log file, such as ``train_keras mnist5k_cnn seeds-0-4``."""
    return " ".join(Path(log).with_suffix("").parts[1:])


def line(progress: Progress, now: float, width: int, interrupted: bool = False) -> str:
    """Return the status line of a run for a terminal of the given width."""
    done, total = len(progress.done), len(progress.logs)
    filled = BAR * done // max(total, 1)
    bar = f"[{'=' * filled}{'>' * (filled < BAR)}{' ' * (BAR - filled - 1)}] " if width >= 60 else ""
    parts = [f"{bar}{done}/{total} done", *_rest(progress, now, interrupted)]
    running = ", ".join(progress.names())
    return clip(" · ".join(parts) + (f": {running}" if running else ""), width)


def sentence(progress: Progress, now: float, interrupted: bool = False) -> str:
    """Return the progress of a run as a sentence for a log."""
    return ", ".join([f"{len(progress.done)} of {len(progress.logs)} jobs done", *_rest(progress, now, interrupted)])


def _rest(progress: Progress, now: float, interrupted: bool) -> list[str]:
    """Return the parts of the status after the number of finished jobs, the most important first."""
    left = None if interrupted else progress.seconds_left(now)
    parts = [
        "interrupted" if interrupted else "",
        f"{len(progress.failed)} failed" if progress.failed else "",
        "" if left is None else f"{duration(left)} left",
        f"{len(progress.running)} running" if progress.running else "",
    ]
    return [part for part in parts if part]


def duration(seconds: float) -> str:
    """Return a rounded duration in words."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"about {minutes} min"
    hours, minutes = divmod(10 * round(seconds / 600), 60)
    return f"about {hours} h {minutes} min" if minutes else f"about {hours} h"


def width_of(text: str) -> int:
    """Return the width of a text in terminal columns."""
    return sum(_columns(character) for character in text)


def clip(text: str, width: int) -> str:
    """Return a text truncated to ``width`` terminal columns, ending in an ellipsis if truncated."""
    if width_of(text) <= width:
        return text
    kept, left = "", width - _columns("…")
    for character in text:
        left -= _columns(character)
        if left < 0:
            break
        kept += character
    return f"{kept.rstrip()}…" if width >= _columns("…") else ""


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1  # A: two in an East Asian terminal
