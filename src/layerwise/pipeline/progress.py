"""How far a run is and how long it may still take, as one line of text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# CPU seconds of one job of each kind in the default run. A first run knows nothing better, and only the proportions
# matter: the pace of the jobs that are done corrects the rest. Later runs read what each job took from its own log.
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
FEWEST_JOBS = 5  # done before a time is shown
TRUST = 30.0  # seconds of work by which the pace is believed to be as expected before any job has shown otherwise
BAR = 10
_ACCOUNT = re.compile(rb"^cpu_seconds total=([\d.]+) ", re.MULTILINE)  # written by layerwise.pipeline.cli


@dataclass
class Progress:
    """The jobs of a run by number: what each is called and may take, and which are running, done or failed.

    Parameters
    ----------
    logs : dict of int to str
        Log file of each job, ``logs/train_keras/mnist5k_cnn/seeds-0-4.log``; "" for a job that has none.
    slots : int
        Number of jobs that run at the same time.
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
        """Note that a job has started."""
        self.running[job] = now

    def finish(self, job: int, now: float) -> None:
        """Note that a job is done."""
        self.done[job] = now - self.running.pop(job, now)

    def fail(self, job: int) -> None:
        """Note that a job has failed."""
        self.running.pop(job, None)
        self.failed.add(job)

    def names(self) -> list[str]:
        """Return the names of the jobs that are running, the longest-running first."""
        return [name(self.logs[job]) for job in self.running if self.logs.get(job)]

    def seconds_left(self, now: float) -> float | None:
        """Return about how long the run still takes; None while too few jobs are done to say."""
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
        """Return the CPU seconds of all jobs that are done, as their logs account for them."""
        return sum(logged_seconds(self.logs[job]) or 0.0 for job in self.done if self.logs.get(job))


def seconds_left(
    done: Sequence[tuple[float, float]], running: Sequence[tuple[float, float]], waiting: Sequence[float], slots: int
) -> float:
    """Return about how many seconds a run still takes.

    The pace is how many times longer than expected jobs take here: because the machine is slower or busy, or because
    the expectation is of other experiments. A running job that has exceeded its expectation counts towards it too.

    Parameters
    ----------
    done, running : sequence of (float, float)
        Seconds expected of a job, and seconds it took or has been running for.
    waiting : sequence of float
        Seconds expected of each job that has not started.
    slots : int
        Number of jobs that run at the same time.
    """
    seen = [*done, *((expected, elapsed) for expected, elapsed in running if elapsed > expected)]
    pace = (TRUST + sum(seconds for _, seconds in seen)) / (TRUST + sum(expected for expected, _ in seen))
    rest = [max(pace * expected - elapsed, elapsed / 10) for expected, elapsed in running]
    rest += [pace * expected for expected in waiting]
    return max(sum(rest) / slots, max(rest, default=0.0))


def expected_seconds(log: str) -> float:
    """Return the CPU seconds that a job took the last time, or else what a job of its kind takes."""
    if not log:
        return 0.0
    earlier = logged_seconds(log)
    return TYPICAL_SECONDS.get(name(log).split()[0], 5.0) if earlier is None else earlier


def logged_seconds(log: str) -> float | None:
    """Return the CPU seconds that a log ends with; None if it does not say."""
    try:
        account = _ACCOUNT.search(Path(log).read_bytes()[-200:])
    except OSError:
        return None
    return float(account[1]) if account else None


def name(log: str) -> str:
    """Return what a job is called: ``train_keras mnist5k_cnn seeds-0-4`` for the log of that name."""
    return " ".join(Path(log).with_suffix("").parts[1:])


def line(progress: Progress, now: float, width: int, interrupted: bool = False) -> str:
    """Return the line that a terminal of some width shows of a run."""
    done, total = len(progress.done), len(progress.logs)
    filled = BAR * done // max(total, 1)
    bar = f"[{'=' * filled}{'>' * (filled < BAR)}{' ' * (BAR - filled - 1)}] " if width >= 60 else ""
    parts = [f"{bar}{done}/{total} done", *_rest(progress, now, interrupted)]
    running = ", ".join(progress.names())
    return clip(" · ".join(parts) + (f": {running}" if running else ""), width)


def sentence(progress: Progress, now: float, interrupted: bool = False) -> str:
    """Return what a log says of a run, now and then."""
    return ", ".join([f"{len(progress.done)} of {len(progress.logs)} jobs done", *_rest(progress, now, interrupted)])


def _rest(progress: Progress, now: float, interrupted: bool) -> list[str]:
    """Return what there is to say besides the number of jobs done, the most important first."""
    left = None if interrupted else progress.seconds_left(now)
    parts = [
        "interrupted" if interrupted else "",
        f"{len(progress.failed)} failed" if progress.failed else "",
        "" if left is None else f"{duration(left)} left",
        f"{len(progress.running)} running" if progress.running else "",
    ]
    return [part for part in parts if part]


def duration(seconds: float) -> str:
    """Return about how long something takes, in words."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"about {minutes} min"
    hours, minutes = divmod(10 * round(seconds / 600), 60)
    return f"about {hours} h {minutes} min" if minutes else f"about {hours} h"


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(_columns(character) for character in text)


def clip(text: str, width: int) -> str:
    """Return a text cut to some columns of a terminal, with an ellipsis where something is missing."""
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
