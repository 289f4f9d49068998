"""A run that is killed at any stage can be resumed and gives the same bytes as an uninterrupted run."""

import os
import random
import signal
import subprocess
import time


def children(pid):
    """Return the descendants of a process, deepest last."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listing.splitlines()]
    processes = [pid]
    for parent in processes:
        processes.extend(child for child, above in parents if above == parent)
    return processes[1:]


def wait_for(project, pattern, process):
    """Wait until a process writes a file matching ``pattern``, so that it is killed in the stage that follows."""
    start = time.time()
    while not any(path.stat().st_mtime >= start for path in project.folder.glob(pattern)):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)


# Outputs computed from evaluations; while they exist, Snakemake does not evaluate again.
MADE_LATER = ["results/summaries/*", "results/claims/*", "results/claims.csv", "reports/*"]
# A file written when a stage begins, what is killed then, and the files deleted before so that the stage has to run.
STAGES = [
    ("logs/prepare/*.log", "snakemake", []),
    ("logs/train_numpy/*/*.log", "job", []),
    ("logs/train_keras/*/*.log", "all", ["results/runs/*/keras/*/*", *MADE_LATER]),
    ("logs/evaluate_*/*.log", "job", ["results/evaluations/*", "results/runs/*/*/*/evaluation.json", *MADE_LATER]),
    ("logs/render/*.log", "all", ["reports/*"]),
]


def kill_after(project, stage, victim, lost):
    """Start a run, and kill Snakemake, a job or both at a random moment of a stage."""
    for file in [file for pattern in lost for file in project.folder.glob(pattern)]:
        file.unlink()
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
    for pid in {"snakemake": [process.pid], "job": below[-1:], "all": [process.pid, *below]}[victim]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it has ended in the meantime
    process.wait()
    project.snakemake("--unlock")


def test_a_run_killed_in_every_stage_ends_with_the_same_bytes(finished, project):
    for stage in STAGES:
        kill_after(project, *stage)
    project.snakemake(*project.targets)
    assert project.bytes() == finished.bytes()
