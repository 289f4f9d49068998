import logging
import os
import shutil
import subprocess
import sys

import pytest

from layerwise.pipeline import preflight

HOLDER = (
    "import sys, pathlib; from layerwise.pipeline import preflight;"
    "preflight.hold(pathlib.Path(sys.argv[1])); print(); input()"
)


@pytest.fixture
def lock(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
def run(lock):
    """A process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_run_that_goes_on_is_told_from_one_that_was_killed(lock, run):
    assert preflight.holder(lock) == run.pid
    assert f"another run is at work in this folder (process {run.pid})" in preflight.refusal(lock)
    run.kill()
    run.wait()
    assert preflight.holder(lock) is None
    assert "an earlier run was killed" in preflight.refusal(lock)


def test_asking_takes_nothing_and_makes_nothing(lock):
    assert preflight.holder(lock) is None and not lock.exists()
    lock.touch()
    assert preflight.holder(lock) is preflight.holder(lock) is None


@pytest.mark.parametrize(
    "exception, said, shown",
    [
        ("LockException", "Error: Directory cannot be locked.", "error: an earlier run was killed"),
        ("WorkflowError", "Error recording metadata ([Errno 28] No space left on device).", "error: the disk is full"),
        ("WorkflowError", "words", "words"),
        (None, "No space left on device", "No space left on device"),
    ],
)
def test_what_snakemake_says_of_the_folder_is_reworded_and_nothing_else(tmp_path, monkeypatch, exception, said, shown):
    monkeypatch.chdir(tmp_path)
    record = logging.LogRecord("snakemake", logging.ERROR, "", 0, said, None, None)
    record.exception = exception
    assert preflight.PlainMessages().filter(record)
    assert record.msg.startswith(shown)


def test_a_full_disk_is_said_before_anything_starts(tmp_path, monkeypatch):
    assert preflight.full(tmp_path) is None
    monkeypatch.setattr(preflight, "ROOM", shutil.disk_usage(tmp_path).total + 1)
    assert "the disk is full: free some space and run the same command again (" in preflight.full(tmp_path)
    with pytest.raises(SystemExit, match="error: the disk is full"):
        preflight.check([])


def test_a_run_that_goes_on_is_not_unlocked(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "holder", lambda *_: 7)
    preflight.check(["snakemake"])
    with pytest.raises(SystemExit, match="error: another run is at work in this folder"):
        preflight.check(["snakemake", "--unlock", "--quiet", "all"])


def test_a_folder_that_may_not_be_written_is_said_before_anything_starts(tmp_path, monkeypatch):
    """Of the project's folder itself no more is asked than that what is written to is there."""
    monkeypatch.setattr(os, "access", lambda place, _: place.name in ("logs", "results"))  # root may write anywhere
    assert preflight.closed(tmp_path) == f"{tmp_path}: may not be written; run a copy that is your own"
    (tmp_path / "logs").mkdir()
    (tmp_path / "results").mkdir()
    assert preflight.closed(tmp_path) is None
    (tmp_path / "reports").mkdir()
    assert preflight.closed(tmp_path) == f"{tmp_path}/reports: may not be written; run a copy that is your own"
