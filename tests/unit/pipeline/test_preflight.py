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


def test_an_active_run_is_distinguished_from_a_killed_one(lock, run):
    assert preflight.holder(lock) == run.pid
    assert f"another run is active in this folder (process {run.pid})" in preflight.refusal(lock)
    run.kill()
    run.wait()
    assert preflight.holder(lock) is None
    assert "an earlier run was killed" in preflight.refusal(lock)


def test_asking_neither_takes_the_lock_nor_creates_its_file(lock):
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
def test_only_messages_about_the_lock_and_a_full_disk_are_reworded(tmp_path, monkeypatch, exception, said, shown):
    monkeypatch.chdir(tmp_path)
    record = logging.LogRecord("snakemake", logging.ERROR, "", 0, said, None, None)
    record.exception = exception
    assert preflight.PlainMessages().filter(record)
    assert record.msg.startswith(shown)


def test_a_full_disk_is_reported_before_the_run_starts(tmp_path, monkeypatch):
    assert preflight.full(tmp_path) is None
    monkeypatch.setattr(preflight, "ROOM", shutil.disk_usage(tmp_path).total + 1)
    assert "the disk is full: free some space and run the same command again (" in preflight.full(tmp_path)
    with pytest.raises(SystemExit, match="error: the disk is full"):
        preflight.check([])


def test_an_active_run_is_not_unlocked(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "holder", lambda *_: 7)
    preflight.check(["snakemake"])
    with pytest.raises(SystemExit, match="error: another run is active in this folder"):
        preflight.check(["snakemake", "--unlock", "--quiet", "all"])


def test_a_folder_that_is_not_writable_is_reported_before_the_run_starts(tmp_path, monkeypatch):
    """The project folder need not be writable itself if the folders that a run writes to exist."""
    monkeypatch.setattr(os, "access", lambda place, _: place.name in ("logs", "results"))  # root may write anywhere
    message = "folder must be writable; run in your own copy of the project"
    assert preflight.closed(tmp_path) == f"{tmp_path}: {message}"
    (tmp_path / "logs").mkdir()
    (tmp_path / "results").mkdir()
    assert preflight.closed(tmp_path) is None
    (tmp_path / "reports").mkdir()
    assert preflight.closed(tmp_path) == f"{tmp_path}/reports: {message}"
