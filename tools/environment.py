"""Make .venv from a lock file, or bring it up to date.

`.venv/installed` says which folder, Python and locked lines .venv was made for. It is removed before anything changes
and written last, so a .venv without it, or with one that does not fit, is made afresh; otherwise only the lines that
changed are installed. No resolver runs: the lock holds everything, and `pip check` confirms it at the end.

Any Python from 3.6 on can read this file, so that an old one ends in a sentence and not in a syntax error.
"""

import argparse
import fcntl
import json
import os
import platform
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
LOG = Path("logs/environment.log")
RUN, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
BUILD_TOOLS = {"setuptools", "wheel"}  # needed before the packages that are published as source only
PIP = [str(PYTHON), "-I", "-u", "-m", "pip", "--disable-pip-version-check", "--no-input"]
INSTALL = [*PIP, "install", "--no-user", "--progress-bar", "off", "--no-deps", "--no-build-isolation"]
ABI = "import platform, sys; print(sys.implementation.cache_tag + sys.abiflags, platform.machine())"
CAUSES = {
    r"No space left on device|Disk quota exceeded": "the disk is full: a set-up needs about 3 GB, downloads included",
    r"Permission denied|Read-only file system": "this folder, or the one for temporary files, cannot be written to",
    r"DO NOT MATCH THE HASHES": (
        "a downloaded file is not the one that was locked: a proxy or mirror changed it, or pip's cache is damaged "
        "(python3 -m pip cache purge)"
    ),
    r"CERTIFICATE_VERIFY_FAILED": "the package index's certificate is not trusted, perhaps because of a proxy",
    r"WARNING: Retrying|NewConnectionError|Max retries|[Tt]imed out|Connection (?:reset|aborted)|IncompleteRead": (
        "the package index could not be reached: check the network and run the same command again"
    ),
    r"No matching distribution found for (\S+)": (
        "the package index has no file of {} for this Python and processor; "
        "the lock is for Linux (x86-64, ARM) and macOS (Apple silicon)"
    ),
    r"MemoryError|Cannot allocate memory": "memory ran out",
    r"(.* (?:requires .* which is not installed|has requirement .*|is not supported .*))": "{}",
}


class SetupError(Exception):
    """A set-up that cannot go on, and why in one sentence."""


class Progress:
    """One line that moves on a terminal; elsewhere, and under NO_COLOR, a line for each phase and one a minute."""

    def __init__(self):
        self.moving = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")
        self.said = time.monotonic()

    def show(self, text, phase=False):
        """Show where the set-up is; a phase is shown in any case."""
        if self.moving:
            print("\r\033[K" + text[: shutil.get_terminal_size().columns - 1], end="", flush=True)
        elif phase or time.monotonic() > self.said + 60:
            self.say(text)

    def say(self, text):
        """Print a line that stays."""
        self.clear()
        print(text, flush=True)
        self.said = time.monotonic()

    def clear(self):
        """Remove the line that moves."""
        if self.moving:
            print("\r\033[K", end="", flush=True)


class Installation:
    """What pip is doing: told by its words and, while it copies files in silence, by what has arrived in .venv."""

    def __init__(self, progress, total):
        self.progress, self.total, self.verb = progress, total, "Downloading"
        self.start("", 0)

    def start(self, package, count):
        """Turn to the next package."""
        self.package, self.count, self.note, self.since = package, count, "", time.monotonic()

    def read(self, line):
        """Learn from one line of pip's."""
        if line.startswith(("Ignoring ", "Requirement already satisfied")):
            self.total -= 1
        elif line.startswith("Collecting "):
            if self.count == 0:
                self.progress.show(f"Downloading {self.total} package{'s' * (self.total != 1)}.", phase=True)
            self.start(line.split()[1], self.count + 1)
        elif line.startswith("  Downloading "):
            self.note = "".join(re.findall(r" \([^()]*\)$", line))
        elif line.startswith("WARNING: Retrying"):
            self.note = ": no answer from the package index, trying again"
        elif line.startswith("Installing collected packages"):
            self.verb, self.present = "Installing", packages()
            self.start("", 0)
            self.progress.show(f"Installing {self.total} package{'s' * (self.total != 1)}.", phase=True)

    def show(self):
        """Show the package at hand, and for how long if that is a while."""
        if self.verb == "Installing":
            arrived = packages() - self.present
            if arrived:
                self.present |= arrived
                self.start(max(arrived), self.count + len(arrived))
        waited = time.monotonic() - self.since
        passed = f", {waited:.0f} s" if waited > 5 else ""
        self.progress.show(f"[{self.count}/{self.total}] {self.verb} {self.package}{self.note}{passed}")


def packages():
    """Return the packages in .venv, each as name-version."""
    return {path.name[: -len(".dist-info")] for path in VENV.glob("lib/python*/site-packages/[!~]*.dist-info")}


def locked(lock):
    """Return the requirements of a lock file, each with the text that also holds its hashes."""
    texts = re.findall(r"^[a-z0-9].*(?:\n +--hash.*)*", Path(lock).read_text(encoding="utf-8"), re.MULTILINE)
    return {text.partition(" \\")[0]: text for text in texts}


def names(requirements):
    """Return the names of the packages in requirements."""
    return {requirement.partition("==")[0] for requirement in requirements}


def installed(abi=None):
    """Return what .venv/installed says, or nothing if it does not fit this folder, .venv's Python or the wanted one."""
    try:
        state = json.loads(STAMP.read_text(encoding="utf-8"))
        now = venv_abi()
    except (OSError, ValueError, subprocess.CalledProcessError):
        return {}
    return state if state["folder"] == str(ROOT) and state["abi"] == now and abi in (None, now) else {}


def venv_abi():
    """Return which packages the Python of .venv can use: those built for its version and processor."""
    return subprocess.check_output([str(PYTHON), "-I", "-c", ABI], stderr=subprocess.DEVNULL).decode().strip()


def wanted(lock, state):
    """Return what a whole .venv says; tests and linters stay once they are installed."""
    lock = DEVELOPMENT if DEVELOPMENT in (lock, state.get("lock")) else lock
    project = Path("pyproject.toml").read_text(encoding="utf-8")
    return {"folder": str(ROOT), "lock": lock, "requirements": sorted(locked(lock)), "project": project}


def hold(progress):
    """Hold this folder until this process and its children have ended: the pip of a killed set-up is waited for."""
    folder = os.open(".", os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        progress.say("Another set-up of this folder is running; waiting for it to end.")
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:
        pass  # a file system without locks


def run(command, doing, watch=None):
    """Run a command with its words in the log; let `watch` read them as they come."""
    words, rest = [], b""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with LOG.open("ab") as log, subprocess.Popen(command, close_fds=False, **pipes) as child:
        try:
            while True:
                if select.select([child.stdout], [], [], 0.2)[0]:
                    text = os.read(child.stdout.fileno(), 65536)
                    if not text:
                        break
                    log.write(text)
                    *lines, rest = (rest + text).split(b"\n")
                    for line in lines:
                        words.append(line.decode(errors="replace").rstrip())
                        if watch:
                            watch.read(words[-1])
                if watch:
                    watch.show()
        except BaseException:
            child.terminate()
            raise
    if child.returncode:
        tail = [line for line in words if line][-40:]
        quoted = "\n".join(f"    {line[:200]}" for line in tail[-5:])
        cause = likely_cause("\n".join(tail)) or f"exit status {child.returncode}, see the log"
        raise SetupError(f"The last lines of {LOG}:\n{quoted}\nerror: {doing} failed: {cause}.")


def likely_cause(text):
    """Return what went wrong in a sentence, or nothing if the text does not say."""
    for pattern, sentence in CAUSES.items():
        found = re.search(pattern, text)
        if found:
            return sentence.format(*found.groups())
    return None


def check_python():
    """Fail unless this Python can make the .venv that the lock is for."""
    if not (3, 11) <= sys.version_info < (3, 14):
        raise SetupError(
            f"error: Python 3.11, 3.12 or 3.13 is needed, {sys.executable} is {platform.python_version()}; "
            "name another with make PYTHON=python3.12"
        )
    missing = [module for module in ("venv", "ensurepip") if not find_spec(module)]
    if missing:
        raise SetupError(
            f"error: {sys.executable} cannot make a virtual environment: it has no module {missing[0]}; "
            "on Debian and Ubuntu, install the package python3-venv"
        )


def install(requirements, watch=None):
    """Install requirements, given as the lock file's text of each."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        run([*INSTALL, "--require-hashes", "--requirement", str(file)], "installing packages", watch)


def make(state, whole, pip, progress):
    """Make .venv, or bring it from one state to the whole one."""
    if not state:
        check_python()
    start, old = time.monotonic(), state.get("requirements", [])
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_bytes(b"")
    if STAMP.exists():
        STAMP.unlink()
    if not state:
        progress.say(f"Making .venv with Python {platform.python_version()}: about 500 MB of downloads, once.")
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "making .venv")
        if pip:
            run([*PIP, "install", f"pip=={pip}"], f"installing pip {pip}")
    gone = names(old) - names(whole["requirements"])
    if gone:
        run([*PIP, "uninstall", "--yes", *sorted(gone)], "removing packages")
    new = {line: text for line, text in locked(whole["lock"]).items() if line not in old}
    tools = [new.pop(line) for line in [*new] if names([line]) <= BUILD_TOOLS]
    if tools:
        install(tools)
    if new:
        install(new.values(), Installation(progress, len(new)))
    progress.show("Checking the installed packages.")
    run([*INSTALL, "--editable", "."], "installing layerwise")
    run([*PIP, "check"], "the check of the installed packages")
    part = STAMP.with_suffix(".part")
    part.write_text(json.dumps({**whole, "abi": venv_abi()}), encoding="utf-8")
    part.replace(STAMP)
    progress.say(f"Set-up done: {len(packages())} packages in .venv, {time.monotonic() - start:.0f} s.")


def main():
    """Make .venv whole, unless it is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lock", choices=[RUN, DEVELOPMENT])
    parser.add_argument("--pip", help="use this version of pip, not the one that Python brings")
    parser.add_argument("--this-python", action="store_true", help="replace a .venv of another Python")
    arguments = parser.parse_args()
    abi = f"{sys.implementation.cache_tag}{sys.abiflags} {platform.machine()}" if arguments.this_python else None
    os.chdir(str(ROOT))
    progress = Progress()

    def states():
        state = installed(abi)
        whole = wanted(arguments.lock, state)
        return state, whole, all(state.get(key) == value for key, value in whole.items())

    try:
        if not states()[-1]:
            hold(progress)
            state, whole, done = states()
            if not done:
                make(state, whole, arguments.pip, progress)
    except SetupError as error:
        progress.clear()
        sys.exit(str(error))
    except OSError as error:
        progress.clear()
        sys.exit(f"error: the set-up failed: {likely_cause(str(error)) or error}.")
    except KeyboardInterrupt:
        progress.say("Interrupted: run the same command again.")
        sys.exit(130)


if __name__ == "__main__":
    main()
