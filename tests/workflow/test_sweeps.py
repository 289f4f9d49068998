"""Sweeps in the pipeline: added trials, resuming after a kill, and an invalid search space."""

import os
import signal
import subprocess
import time

import pytest
from test_interrupted import children, wait_for

TABLE = "results/sweeps/tiny/trials.csv"
SWEEP = """
skip_studies: ["*"]
sweeps:
  tiny:
    experiment: iris_softmax
    method: {method}
    trials: {trials}
    batch: 8
    trials_per_job: 4
    space:
      optimizer.learning_rate: {{log: [0.001, 1.0]}}
      batch_size: {{choice: [8, 16]}}
"""


def searched(project, method="random", trials=12):
    (project.folder / "sweep.yaml").write_text(SWEEP.format(method=method, trials=trials))
    return {"configfile": "sweep.yaml"}


def finished(project):
    """Return the time at which each trial was finished."""
    files = project.folder.glob("results/sweeps/tiny/trials/*/*/seed-0/provenance.json")
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_adding_ten_trials_runs_only_ten(project, method):
    project.snakemake(TABLE, **searched(project, method, trials=10))
    before = finished(project)
    project.snakemake(TABLE, **searched(project, method, trials=20))
    after = finished(project)
    assert (len(before), len(after)) == (10, 20)
    assert after.items() >= before.items()


def test_a_killed_sweep_is_resumed_and_gives_the_same_table(project):
    options = searched(project)
    project.snakemake(TABLE, **options)
    files = [project.folder / "results/sweeps/tiny" / name for name in ("trials.csv", "curves.csv", "best.json")]
    expected = [file.read_bytes() for file in files]
    project.snakemake("--delete-all-output", TABLE, **options)
    for path in finished(project):
        path.unlink()  # so that no trial is finished

    process = subprocess.Popen(
        project.command(TABLE, **options),
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(project, "results/sweeps/tiny/trials/*/*/seed-0/provenance.json", process)
    for pid in [process.pid, *children(process.pid)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
    time.sleep(0.2)
    kept = finished(project)
    assert kept

    project.snakemake("--unlock", **options)
    project.snakemake(TABLE, **options)
    assert [file.read_bytes() for file in files] == expected
    assert finished(project).items() >= kept.items()


def test_an_invalid_space_is_reported_before_anything_runs(project):
    options = searched(project)
    project.edit("sweep.yaml", "[0.001, 1.0]", "[0, 1.0]")
    done = project.snakemake(TABLE, "--dry-run", check=False, **options)
    assert done.returncode != 0
    words = " ".join(done.stdout.split())
    message = "the lower bound of a logarithmic range must be above 0, got 0"
    assert f"sweep.yaml: sweeps.tiny.space.optimizer.learning_rate.log: {message}" in words
    assert "Traceback" not in done.stdout


def test_trials_and_suggestions_read_no_test_split(project):
    jobs = project.plan(TABLE, **searched(project, "bayesian", trials=20))
    assert {"suggest", "train_trials", "collect_trials"} <= {job.rule for job in jobs}
    assert [file for job in jobs if job.rule != "prepare" for file in job.inputs if "test.npz" in file] == []
