"""A copy of the project with a configuration small enough for the whole pipeline to run in seconds."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).with_name("tiny.yaml")
Job = namedtuple("Job", "rule inputs outputs")


class Project:
    """A folder with a copy of the project, and the commands a user would run in it."""

    targets = ("reports/assignment1.html", "results/claims.csv", "results/summaries/assignment3.csv")

    def __init__(self, folder):
        self.folder = Path(folder)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": str(self.folder / "src")}
        self.environment.pop("LAYERWISE_DATA_MIRROR", None)

    @classmethod
    def copy(cls, folder):
        """Copy the files of a fresh clone."""
        for part in ("Snakefile", "environment.yml", "workflow", "profiles", "config", "src"):
            source = ROOT / part
            target = Path(folder) / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        shutil.copy(TINY, Path(folder) / "tiny.yaml")
        return cls(folder)

    def clone(self, folder):
        """Copy this project with its results and Snakemake's metadata."""
        shutil.copytree(self.folder, folder, copy_function=shutil.copy2)
        return Project(folder)

    def command(self, *arguments, configfile="tiny.yaml"):
        files = ["--configfile", configfile] if configfile else []
        return [sys.executable, "-m", "snakemake", *files, "--cores", "2", *arguments]

    def snakemake(self, *arguments, configfile="tiny.yaml", check=True):
        """Run Snakemake and return the finished process with stdout and stderr combined."""
        done = subprocess.run(
            self.command(*arguments, configfile=configfile),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert not check or done.returncode == 0, done.stdout
        return done

    def plan(self, *arguments, **options):
        """Return the jobs that a run would execute."""
        text = self.snakemake("--dry-run", "--quiet", "host", "--", *arguments, **options).stdout
        jobs = []
        for block in re.split(r"\n(?=rule |localrule )", text)[1:]:
            fields = dict(re.findall(r"^    (input|output): (.*)$", block, re.MULTILINE))
            files = {key: fields.get(key, "").split(", ") for key in ("input", "output")}
            jobs.append(Job(block.split()[1].rstrip(":"), files["input"], files["output"]))
        return jobs

    def edit(self, file, old, new):
        """Replace the single occurrence of ``old`` in a file."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} must occur once in {file}, got {text.count(old)} times"
        path.write_text(text.replace(old, new))

    def bytes(self):
        """Return the bytes of every result and report by name, except provenance, which varies from run to run."""
        files = [p for part in ("results", "reports") for p in (self.folder / part).rglob("*") if p.is_file()]
        return {
            str(p.relative_to(self.folder)): p.read_bytes()
            for p in files
            if p.name not in ("provenance.json", "README.md") and not p.name.startswith(".")
        }


@pytest.fixture
def project(tmp_path):
    """Return a fresh copy of the project without results."""
    return Project.copy(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Return a copy of the project in which the tiny configuration has been run; clone it before changing it.

    Parallel workers share one copy, which the first of them creates while the others wait.
    """
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, marker = shared / "finished", shared / "finished-is-made"
    with open(shared / "finished.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not marker.exists():
            folder.mkdir()
            project = Project.copy(folder)
            project.snakemake(*project.targets)
            marker.touch()
    return Project(folder)
