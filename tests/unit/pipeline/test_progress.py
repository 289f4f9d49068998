"""Progress of a run: the names of jobs, the remaining time, the status line at any width."""

import re
from pathlib import Path

import pytest

from layerwise.pipeline import progress
from layerwise.pipeline.progress import Progress, seconds_left


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a run of ten jobs of 10 seconds each on two cores, in a folder without logs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(progress.TYPICAL_SECONDS, "study", 10.0)
    return Progress({job: f"logs/study/part_{job}.log" for job in range(10)}, slots=2)


def advance(run, jobs, seconds, now=0.0):
    """Run some jobs that start at ``now`` and take ``seconds``."""
    for job in jobs:
        run.start(job, now)
        run.finish(job, now + seconds)


@pytest.mark.parametrize(
    ("done", "running", "waiting", "slots", "seconds"),
    [
        ([], [], [], 2, 0),
        ([], [], [10, 10], 1, 20),
        ([], [], [10, 10, 10, 10], 2, 20),
        ([], [(10, 4)], [], 2, 6),  # the elapsed time of a running job is subtracted
        ([], [], [100, 1, 1], 8, 100),  # at least the longest job
        ([(1e6, 2e6)], [], [10], 1, 20),  # twice as slow as expected so far
        ([(1e6, 5e5)], [], [10], 1, 5),
        ([(1, 3)], [], [30], 1, 30 * 33 / 31),  # one short job has little weight
        ([(1e6, 1e6)], [(10, 50)], [], 1, 5),  # an overdue job: a tenth of its elapsed time
    ],
)
def test_seconds_left(done, running, waiting, slots, seconds):
    assert seconds_left(done, running, waiting, slots) == pytest.approx(seconds, rel=1e-4)


def test_an_overdue_job_affects_the_pace_before_it_ends():
    expected = seconds_left([], [(10, 0)], [100], 1)
    assert seconds_left([], [(10, 1000)], [100], 1) > 10 * expected


def test_no_time_is_shown_before_a_few_jobs_are_done(run):
    advance(run, range(progress.FEWEST_JOBS - 1), 10)
    assert run.seconds_left(10.0) is None
    assert "left" not in progress.line(run, 10.0, 80)
    advance(run, [progress.FEWEST_JOBS - 1], 10)
    assert run.seconds_left(10.0) == pytest.approx(5 * 10 / 2)
    assert "less than a minute left" in progress.line(run, 10.0, 80)


def test_the_expected_time_of_a_job_is_that_of_its_previous_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs/study").mkdir(parents=True)
    (tmp_path / "logs/study/capacity.log").write_text("warning: µ\ncpu_seconds total=42.500 work=40.000\n")
    (tmp_path / "logs/study/failed.log").write_text("error: no data\n")
    run = Progress(
        {1: "logs/study/capacity.log", 2: "logs/study/failed.log", 3: "logs/study/new.log", 4: "logs/new/x.log", 5: ""},
        1,
    )
    typical = progress.TYPICAL_SECONDS["study"]
    assert list(run.expected.values()) == [42.5, typical, typical, 5.0, 0.0]
    advance(run, [0, 1], 50)
    assert run.cpu_seconds() == 42.5


def test_every_rule_of_the_workflow_has_a_typical_cost():
    rules = (Path(__file__).parents[3] / "workflow/rules").glob("*.smk")
    kinds = {
        kind.replace("{backend}", backend)
        for file in rules
        for kind in re.findall(r'f?"logs/([\w{}]+)[/.]', file.read_text())
        for backend in ("numpy", "keras")
    }
    assert kinds == set(progress.TYPICAL_SECONDS)


def test_a_failed_job_is_neither_running_nor_waiting(run):
    advance(run, range(8), 10)
    run.start(8, 0.0)
    run.fail(8)
    assert run.names() == []
    assert run.seconds_left(10.0) == pytest.approx(10)
    assert "1 failed" in progress.sentence(run, 10.0)


def test_the_line_lists_running_jobs_the_longest_running_first(run):
    advance(run, range(5), 10)
    run.start(7, 10.0)
    run.start(6, 11.0)
    line = progress.line(run, 12.0, 120)
    assert line == ("[=====>    ] 5/10 done · less than a minute left · 2 running: study part_7, study part_6")
    assert progress.sentence(run, 12.0) == "5 of 10 jobs done, less than a minute left, 2 running"
    assert progress.line(run, 12.0, 120, interrupted=True).startswith(
        "[=====>    ] 5/10 done · interrupted · 2 running"
    )


@pytest.mark.parametrize("width", [2, 5, 20, 40, 59, 60, 80, 200])
def test_the_line_fits(run, width):
    run.logs[9] = "logs/study/画像分類" + "_and_a_long_name" * 20 + ".log"
    run.start(9, 0.0)
    line = progress.line(run, 1.0, width)
    assert width - 3 <= progress.width_of(line) <= width
    assert line.endswith("…")


def test_the_bar_has_the_same_length_at_the_start_and_the_end(run):
    start = progress.line(run, 0.0, 80)
    advance(run, range(10), 1)
    assert start == "[>         ] 0/10 done"
    assert progress.line(run, 1.0, 80) == "[==========] 10/10 done · less than a minute left"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (29, "less than a minute"),
        (61, "about 1 min"),
        (3500, "about 58 min"),
        (3590, "about 1 h"),
        (7900, "about 2 h 10 min"),
        (86400, "about 24 h"),
    ],
)
def test_duration(seconds, words):
    assert progress.duration(seconds) == words
