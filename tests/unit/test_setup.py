"""The setup of .venv, tested on a project with three tiny packages and without a network."""

import base64
import hashlib
import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

ROOT = Path(__file__).parents[2]
BACKEND = """
import pathlib, shutil, time
def build_editable(folder, *_):
    while pathlib.Path("wait").exists():
        pathlib.Path("waiting").touch()
        time.sleep(0.05)
    return shutil.copy(next(pathlib.Path("../wheels").glob("layerwise-*")), folder).rpartition("/")[2]
"""
# A Python that reports an old version.
OLD = """
import platform, runpy, sys
sys.version_info, platform.python_version, sys.implementation.cache_tag = (3, 9, 2), lambda: "3.9.2", "cpython-39"
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture(scope="module")
def environment():
    """Return the module tools/environment.py."""
    spec = importlib.util.spec_from_file_location("environment", ROOT / "tools" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder, name, version, requires=()):
    """Write a wheel and return its line for a lock file."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {r}\n" for r in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        f: base64.urlsafe_b64encode(hashlib.sha256(t.encode()).digest()).decode().rstrip("=") for f, t in files.items()
    }
    files[f"{info}/RECORD"] = "".join(f"{f},sha256={d},\n" for f, d in digests.items()) + f"{info}/RECORD,,\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Tiny:
    """A folder with the project's Makefile and setup script, and its own lock files."""

    def __init__(self, folder):
        self.folder, self.wheels = folder, folder.parent / "wheels"
        self.wheels.mkdir()
        (folder / "tools").mkdir(parents=True)
        shutil.copy(ROOT / "tools" / "environment.py", folder / "tools")
        shutil.copy(ROOT / "Makefile", folder)
        (folder / "backend.py").write_text(BACKEND)
        (folder / "pyproject.toml").write_text(PYPROJECT)
        wheel(self.wheels, "layerwise", "0.1.0")
        self.lines = {
            "one": wheel(self.wheels, "one", "1.0", ["two>=1"]),
            "two": wheel(self.wheels, "two", "1.0"),
            "newer": wheel(self.wheels, "two", "2.0"),
            "tests": wheel(self.wheels, "tests", "1.0", ["one"]),
        }
        self.lock("one", "two")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP", "PYTHON", "MAKE"))}
        self.environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}

    def lock(self, *names):
        text = "".join(self.lines[name] for name in names)
        (self.folder / "requirements.txt").write_text(text)
        (self.folder / "requirements-dev.txt").write_text(text + self.lines["tests"])

    def start(self, target="environment", *arguments, **environment):
        return subprocess.Popen(
            ["make", "--no-print-directory", target, *(arguments or [f"PYTHON={sys.executable}"])],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Tests that run in the background ignore SIGINT, and child processes would inherit this.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def make(self, *arguments, **environment):
        """Run make and return its exit status and output."""
        process = self.start(*arguments, **environment)
        output, _ = process.communicate(timeout=300)
        return process.returncode, output

    @property
    def packages(self):
        """The installed packages except for those bundled with Python."""
        installed = {path.stem for path in self.folder.glob(".venv/lib/*/site-packages/*.dist-info")}
        return {package for package in installed if not package.startswith(("pip-", "setuptools-"))}

    @property
    def stamp(self):
        return self.folder / ".venv" / "installed"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a project after setup, in a folder whose name needs quoting."""
    tiny = Tiny(tmp_path_factory.mktemp("set-up") / "it's a “çopy”")
    code, tiny.output = tiny.make()
    assert code == 0, tiny.output
    return tiny


@pytest.fixture
def project(made):
    """Return the same project and restore it after the test."""
    venv, backup = made.folder / ".venv", made.folder.parent / "backup"
    shutil.copytree(venv, backup, symlinks=True)
    yield made
    shutil.rmtree(venv)
    backup.rename(venv)
    made.lock("one", "two")
    (made.folder / "pyproject.toml").write_text(PYPROJECT)


def test_the_setup_installs_the_lock_file_and_prints_a_few_lines(made):
    assert made.packages == {"layerwise-0.1.0", "one-1.0", "two-1.0"}
    first, *others, last = made.output.splitlines()
    assert re.fullmatch(r"Creating \.venv with Python 3\.\d+\.\d+: about 500 MB of downloads, only once\.", first)
    assert others == ["Installing 2 packages."]
    assert re.fullmatch(r"Setup done: \d+ packages in \.venv, \d+ s\.", last)
    assert "Successfully installed one-1.0 two-1.0" in (made.folder / "logs" / "environment.log").read_text()


def test_a_complete_environment_is_not_changed(made):
    before = made.stamp.stat().st_mtime_ns
    assert made.make() == (0, "")
    assert made.stamp.stat().st_mtime_ns == before


def test_a_changed_lock_file_updates_only_changed_packages_and_keeps_tests(project):
    extra = project.folder / ".venv" / "added-by-the-user"
    extra.touch()
    project.make("environment-dev")
    assert project.packages == {"layerwise-0.1.0", "one-1.0", "two-1.0", "tests-1.0"}
    project.lock("one", "newer")
    code, output = project.make()
    assert (code, project.packages) == (0, {"layerwise-0.1.0", "one-1.0", "two-2.0", "tests-1.0"})
    assert "Installing 1 package." in output
    shutil.copy(project.folder / "requirements.txt", project.folder / "requirements-dev.txt")
    project.make()
    assert project.packages == {"layerwise-0.1.0", "one-1.0", "two-2.0"}
    assert extra.exists()


@pytest.mark.parametrize(
    ("lines", "environment", "sentence"),
    [
        (["one", "broken"], {}, "the hash of a downloaded file differs from the lock file"),
        (["one", "absent"], {}, "the package index has no file of absent==1.0"),
        (
            ["one", "absent"],
            {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "1"},
            "the package index could not be reached",
        ),
        (["one", "two", "open"], {}, "open 1.0 requires closed, which is not installed"),
    ],
    ids=["hash", "absent", "network", "not closed"],
)
def test_a_failure_is_reported_in_a_sentence_and_leaves_no_stamp(project, lines, environment, sentence):
    project.lines["open"] = wheel(project.wheels, "open", "1.0", ["closed"])
    project.lines["broken"] = re.sub("....$", "0000", project.lines["newer"].rstrip()) + "\n"
    project.lines["absent"] = project.lines["one"].replace("one", "absent")
    project.lock(*lines)
    code, output = project.make(**environment)
    assert code != 0
    assert re.search(f"^error: .*{re.escape(sentence)}", output, re.MULTILINE), output
    assert not project.stamp.exists()


@pytest.fixture
def busy(project):
    """Return the process of a setup that blocks while it installs the project."""
    wait, waiting = project.folder / "wait", project.folder / "waiting"
    wait.touch()
    (project.folder / "pyproject.toml").write_text(PYPROJECT + "# changed\n")
    process = project.start()
    while not waiting.exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    yield process
    wait.unlink(missing_ok=True)
    waiting.unlink()


def test_an_interrupted_setup_leaves_no_stamp(project, busy):
    os.killpg(busy.pid, signal.SIGINT)  # to all processes, like a terminal
    output, _ = busy.communicate(timeout=60)
    assert busy.returncode != 0
    assert "Interrupted" in output
    assert not project.stamp.exists()


def test_after_a_killed_setup_the_environment_is_recreated_once_its_pip_has_ended(project, busy):
    leftover = project.folder / ".venv" / "leftover"
    leftover.touch()
    for process in psutil.Process(busy.pid).children(recursive=True):
        if any("tools/environment.py" in word for word in process.cmdline()):
            process.kill()
    busy.wait(timeout=60)
    after = project.start()
    assert "Another setup" in after.stdout.readline()
    (project.folder / "wait").unlink()
    output, _ = after.communicate(timeout=300)
    assert (after.returncode, project.packages) == (0, {"layerwise-0.1.0", "one-1.0", "two-1.0"}), output
    assert not leftover.exists()


def test_an_unsupported_python_is_reported_and_changes_nothing(made):
    code, output = made.make("environment", "PYTHON=python2.999")
    assert code != 0
    assert output.startswith("error: Python 'python2.999' was not found")
    old = made.folder.parent / "old python"
    old.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c '{OLD}' \"$@\"\n")
    old.chmod(0o755)
    code, output = made.make("environment", f"PYTHON={old}")
    assert code != 0
    assert re.search(r"^error: Python must be 3\.11, 3\.12 or 3\.13, got 3\.9\.2 \(", output, re.MULTILINE)
    assert made.stamp.exists()


@pytest.fixture
def bare(environment, tmp_path, monkeypatch):
    """Create a .venv without packages and a matching stamp, and return the module."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], check=True)
    environment.STAMP.write_text(json.dumps({"folder": str(tmp_path), "abi": environment.venv_abi()}))
    assert environment.installed() != {}
    return environment


def no_stamp(venv):
    (venv / "installed").unlink()


def an_empty_stamp(venv):
    (venv / "installed").write_text("")


def a_missing_python(venv):
    for name in ("python", "python3"):
        (venv / "bin" / name).unlink()
        (venv / "bin" / name).symlink_to("/nowhere/python3")


def another_python(venv):
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").write_text("#!/bin/sh\necho cpython-310 x86_64\n")
    (venv / "bin" / "python").chmod(0o755)


@pytest.mark.parametrize("damage", [no_stamp, an_empty_stamp, a_missing_python, another_python])
def test_a_damaged_environment_is_not_complete(bare, damage):
    damage(bare.VENV)
    assert bare.installed() == {}


def test_a_moved_folder_and_another_python_need_a_new_environment(bare, monkeypatch, tmp_path):
    assert bare.installed(bare.venv_abi()) != {}
    assert bare.installed("cpython-310 x86_64") == {}
    monkeypatch.setattr(bare, "ROOT", tmp_path / "moved")
    assert bare.installed() == {}


def test_an_unsupported_python_raises(environment, monkeypatch):
    environment.check_python()
    monkeypatch.setattr(environment, "find_spec", lambda name: None if name == "ensurepip" else name)
    with pytest.raises(environment.SetupError, match=r"has no module ensurepip; .* python3-venv"):
        environment.check_python()
    monkeypatch.setattr(environment, "sys", SimpleNamespace(version_info=(3, 9, 2), executable="python3"))
    with pytest.raises(environment.SetupError, match=r"Python must be 3\.11, 3\.12 or 3\.13, got .* \(python3\)"):
        environment.check_python()


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("variables", "moves"), [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)]
)
def test_only_a_terminal_has_a_status_line(environment, monkeypatch, variables, moves):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(sys, "stdout", Screen())
    pip = environment.Installation(environment.Progress(), 3)
    for line in (
        "Ignoring appnope: markers …",
        "Collecting numpy==2.4.6 (from -r …)",
        "  Downloading numpy.whl (16 MB)",
    ):
        pip.read(line)
    pip.show()
    assert ("[1/2] Downloading numpy==2.4.6 (16 MB)" in sys.stdout.getvalue()) == moves
    assert "Downloading 2 packages." in sys.stdout.getvalue()
