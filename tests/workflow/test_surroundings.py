"""Runs do not depend on the folder name, the user, the locale or the disk."""

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Project

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
COMMAND = re.compile(r"^ +shell:\n((?: +[\"'].*\n)+)", re.MULTILINE)


def test_every_rule_quotes_all_placeholders_in_its_command():
    """Even names that need no quoting today, because a future key may contain free text."""
    commands = {file.name: COMMAND.findall(file.read_text()) for file in RULES}
    for file in RULES:
        assert len(commands[file.name]) == file.read_text().count(" shell:\n")
    placeholders = [
        (file, placeholder)
        for file, shell_commands in commands.items()
        for command in shell_commands
        for placeholder in re.findall(r"\{([^{}]*)\}", command)
    ]
    assert len(placeholders) > 40
    assert [(file, placeholder) for file, placeholder in placeholders if not placeholder.endswith(":q")] == []


ODD = """a folder's "quoted" $HOME `x` ünï ✓ & ; [a-z]*""" + " long" * 12
TABLE = "a,b,kind\n" + "1,2,x\n3,4,y\n" * 20


def test_a_run_does_not_depend_on_its_environment(finished, tmp_path):
    """An unusual folder name behind a link, no HOME, no locale, a long TMPDIR and future times give the same bytes."""
    real = tmp_path / ODD
    real.mkdir()
    Project.copy(real)
    assert len(str(real)) > 100
    (tmp_path / "link").symlink_to(real)
    temporary = tmp_path / ("t" * (102 - len(str(tmp_path))))
    temporary.mkdir()
    assert len(str(temporary)) == 103
    project = Project(tmp_path / "link")
    environment = project.environment
    for name in [key for key in environment if key in ("HOME", "LANG") or key.startswith(("LC_", "XDG_"))]:
        del environment[name]
    environment.update(LANG="C", TMPDIR=str(temporary), PYTHONIOENCODING="ascii")
    future = time.time() + 1e7
    for file in real.rglob("*"):
        os.utime(file, (future, future))
    project.snakemake(*project.targets)
    assert project.bytes() == finished.bytes()
    assert project.plan(*project.targets) == []
    assert list(temporary.iterdir()) == []


def test_special_characters_in_file_names_are_not_interpreted(project):
    """Neither by the shell nor as Snakemake wildcards, and changes to the file are still detected."""
    table = project.folder / "my{1} <b>$(touch y).csv"
    table.write_text(TABLE)
    (project.folder / "mine.yaml").write_text(
        f"data: {{downloads: '$(touch x) my loads'}}\ndatasets: {{mine: {{csv: '{table.name}', label: kind}}}}\n"
    )
    target = "results/data/mine/dataset.json"
    project.snakemake(target, configfile="mine.yaml")
    assert not (project.folder / "x").exists() and not (project.folder / "y").exists()
    assert project.plan(target, configfile="mine.yaml") == []
    table.write_text(TABLE * 2)
    assert [job.rule for job in project.plan(target, configfile="mine.yaml")] == ["prepare"]


@pytest.mark.parametrize("folder", ["my{1}", ""])
def test_an_invalid_downloads_folder_is_an_error(project, folder):
    done = project.snakemake("--dry-run", "assignment1", "--config", f"data={{downloads: '{folder}'}}", check=False)
    assert done.returncode != 0
    assert f"data.downloads: must be a folder name without {{ and }}, got '{folder}'" in done.stdout


def test_only_one_run_at_a_time_and_an_active_one_is_not_unlocked(project):
    target = "results/data/iris/dataset.json"
    first = subprocess.Popen(
        project.command(target), cwd=project.folder, env=project.environment, stderr=subprocess.DEVNULL
    )
    while not list(project.folder.glob("logs/prepare/*")):
        assert first.poll() is None
        time.sleep(0.02)
    first.send_signal(signal.SIGSTOP)
    for command in ([target], ["--unlock", "--quiet", "all"]):
        done = project.snakemake(*command, check=False)
        assert done.returncode != 0
        assert f"another run is active in this folder (process {first.pid})" in done.stdout
    first.kill()
    first.wait()
    done = project.snakemake(target, check=False)
    assert done.returncode != 0
    assert "an earlier run was killed in this folder: resume with `make resume`" in done.stdout
    project.snakemake("--unlock", "--quiet", "all")
    project.snakemake(target)


@contextmanager
def small_disk(folder):
    """Mount a disk of 20 MB on a folder, or skip the test if that is not permitted."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk requires root")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_reported_and_the_run_resumes_once_there_is_space(project):
    results = project.folder / "results"
    target = "results/runs/iris_softmax/numpy/trained-0-0.json"
    with small_disk(results):
        project.snakemake("results/data/iris/dataset.json")
        before = {path for path in results.rglob("*") if path.is_file()}
        with open(results / "filler", "wb", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
            while filler.write(bytes(4096)):
                pass
        done = project.snakemake(target, check=False)
        assert done.returncode != 0
        assert "Likely cause: the disk is full: free some space and run the same command again." in done.stdout
        assert "error: results/runs/iris_softmax/numpy/seed-0/model.npz: No space left on device" in done.stdout
        (results / "filler").unlink()
        assert {path for path in results.rglob("*") if path.is_file()} == before
        project.snakemake(target)
