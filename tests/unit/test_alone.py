import logging
import subprocess
import sys

import pytest

from layerwise import alone

HOLDER = "import sys, pathlib; from layerwise import alone; alone.hold(pathlib.Path(sys.argv[1])); print(); input()"


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
    assert alone.holder(lock) == run.pid
    assert f"another run is at work in this folder (process {run.pid})" in alone.refusal(lock)
    run.kill()
    run.wait()
    assert alone.holder(lock) is None
    assert "an earlier run was killed" in alone.refusal(lock)


def test_asking_takes_nothing_and_makes_nothing(lock):
    assert alone.holder(lock) is None and not lock.exists()
    lock.touch()
    assert alone.holder(lock) is alone.holder(lock) is None


def test_the_refusal_of_snakemake_is_reworded_and_nothing_else(lock):
    records = [logging.LogRecord("snakemake", logging.ERROR, "", 0, "words", None, None) for _ in range(2)]
    records[0].exception = "LockException"
    assert all(map(alone.Plainly().filter, records))
    assert records[0].msg.startswith("error: an earlier run was killed") and records[1].msg == "words"
