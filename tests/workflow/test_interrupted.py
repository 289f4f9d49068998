"""Killed anywhere, the run goes on and ends with the same bytes as one never killed."""

import os
import random
import signal
import subprocess
import time

import pytest


def children(pid):
    """Return the processes below a process, deepest last."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listing.splitlines()]
    found = [pid]
    for parent in found:
        found.extend(child for child, above in parents if above == parent)
    return found[1:]


def wait_for(project, pattern, process):
    """Wait until a file of that pattern exists, so that the kill falls into the stage after it."""
    while not list(project.folder.glob(pattern)):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("stage", "victim"),
    [
        ("logs/prepare/*.log", "snakemake"),
        ("logs/train_numpy/*/*.log", "job"),
        ("logs/train_keras/*/*.log", "all"),
        ("logs/evaluate_*/*.log", "job"),
        ("logs/render/*.log", "all"),
    ],
    ids=["preparing-snakemake", "training-job", "training-all", "evaluating-job", "rendering-all"],
)
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(finished, project, stage, victim):
    process = subprocess.Popen(
        project.command(*project.targets),
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(project, stage, process)
    time.sleep(random.uniform(0, 0.8))
    below = children(process.pid)
    victims = {"snakemake": [process.pid], "job": below[-1:], "all": [process.pid, *below]}[victim]
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it ended by itself in the meantime: as random a moment as any
    process.wait()

    project.snakemake("--unlock")
    project.snakemake(*project.targets)
    assert project.bytes() == finished.bytes()
