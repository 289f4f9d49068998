"""Create .venv from a lock file, or update it.

`.venv/installed` records the folder, Python and requirements that .venv was created for. It is deleted before any
change and written last, so that a .venv without a matching record is recreated; otherwise only changed requirements are
installed. No resolver is needed because the lock file is complete, which `pip check` verifies at the end.

This file is valid syntax for Python 3.6 and later, so that an old Python gets an error message, not a syntax error.
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
    r"No space left on device|Disk quota exceeded": "the disk is full: the setup needs about 3 GB, including downloads",
    r"Permission denied|Read-only file system": "this folder, or the folder for temporary files, is not writable",
    r"DO NOT MATCH THE HASHES": (
        "the hash of a downloaded file differs from the lock file: a proxy or mirror changed the file, or pip's cache "
        "is corrupted (clear it with python3 -m pip cache purge)"
    ),
    r"CERTIFICATE_VERIFY_FAILED": "the certificate of the package index is not trusted, perhaps because of a proxy",
    r"WARNING: Retrying|NewConnectionError|Max retries|[Tt]imed out|Connection (?:reset|aborted)|IncompleteRead": (
        "the package index could not be reached: check the network and run the same command again"
    ),
    r"No matching distribution found for (\S+)": (
        "the package index has no file of {} for this Python and processor; "
        "the lock file supports Linux (x86-64, ARM) and macOS (Apple silicon)"
    ),
    r"MemoryError|Cannot allocate memory": "out of memory",
    r"(.* (?:requires .* which is not installed|has requirement .*|is not supported .*))": "{}",
}


class SetupError(Exception):
    """The setup cannot continue; the message gives the reason in one sentence."""


class Progress:
    """A status line on a terminal; without a terminal or with NO_COLOR, a line per phase and one per minute."""

    def __init__(self):
        self.moving = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")
        self.last_output = time.monotonic()

    def show(self, text, phase=False):
        """Show the status; a new phase is always shown."""
        if self.moving:
            print("\r\033[K" + text[: shutil.get_terminal_size().columns - 1], end="", flush=True)
        elif phase or time.monotonic() > self.last_output + 60:
            self.say(text)

    def say(self, text):
        """Print a permanent line."""
        self.clear()
        print(text, flush=True)
        self.last_output = time.monotonic()

    def clear(self):
        """Remove the status line."""
        if self.moving:
            print("\r\033[K", end="", flush=True)


class Installation:
    """The progress of pip, read from its output and, while it silently copies files, from the packages in .venv."""

    def __init__(self, progress, total):
        self.progress, self.total, self.verb = progress, total, "Downloading"
        self.start("", 0)

    def start(self, package, count):
        """Start the next package."""
        self.package, self.count, self.note, self.since = package, count, "", time.monotonic()

    def read(self, line):
        """Update the progress from a line of pip's output."""
        if line.startswith(("Ignoring ", "Requirement already satisfied")):
            self.total -= 1
        elif line.startswith("Collecting "):
            if self.count == 0:
                self.progress.show(f"Downloading {self.total} package{'s' * (self.total != 1)}.", phase=True)
            self.start(line.split()[1], self.count + 1)
        elif line.startswith("  Downloading "):
            self.note = "".join(re.findall(r" \([^()]*\)$", line))
        elif line.startswith("WARNING: Retrying"):
            self.note = ": no response from the package index, retrying"
        elif line.startswith("Installing collected packages"):
            self.verb, self.present = "Installing", packages()
            self.start("", 0)
            self.progress.show(f"Installing {self.total} package{'s' * (self.total != 1)}.", phase=True)

    def show(self):
        """Show the current package, with the elapsed time after 5 seconds."""
        if self.verb == "Installing":
            new = packages() - self.present
            if new:
                self.present |= new
                self.start(max(new), self.count + len(new))
        seconds = time.monotonic() - self.since
        elapsed = f", {seconds:.0f} s" if seconds > 5 else ""
        self.progress.show(f"[{self.count}/{self.total}] {self.verb} {self.package}{self.note}{elapsed}")


def packages():
    """Return the packages in .venv as name-version."""
    return {path.name[: -len(".dist-info")] for path in VENV.glob("lib/python*/site-packages/[!~]*.dist-info")}


def locked(lock):
    """Return the requirements of a lock file, each with its full text including the hashes."""
    texts = re.findall(r"^[a-z0-9].*(?:\n +--hash.*)*", Path(lock).read_text(encoding="utf-8"), re.MULTILINE)
    return {text.partition(" \\")[0]: text for text in texts}


def names(requirements):
    """Return the names of the required packages."""
    return {requirement.partition("==")[0] for requirement in requirements}


def installed(abi=None):
    """Return the record .venv/installed, or {} if it does not match this folder, the Python of .venv or ``abi``."""
    try:
        state = json.loads(STAMP.read_text(encoding="utf-8"))
        now = venv_abi()
    except (OSError, ValueError, subprocess.CalledProcessError):
        return {}
    return state if state["folder"] == str(ROOT) and state["abi"] == now and abi in (None, now) else {}


def venv_abi():
    """Return the version tag and processor of the Python of .venv, which determine the packages it can use."""
    return subprocess.check_output([str(PYTHON), "-I", "-c", ABI], stderr=subprocess.DEVNULL).decode().strip()


def wanted(lock, state):
    """Return the record of a complete .venv; tests and linters are kept once installed."""
    lock = DEVELOPMENT if DEVELOPMENT in (lock, state.get("lock")) else lock
    project = Path("pyproject.toml").read_text(encoding="utf-8")
    return {"folder": str(ROOT), "lock": lock, "requirements": sorted(locked(lock)), "project": project}


def hold(progress):
    """Lock this folder until this process and its children end, so that the pip of a killed setup is waited for."""
    folder = os.open(".", os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        progress.say("Another setup is running in this folder; waiting for it to end.")
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:
        pass  # a file system without locks


def run(command, doing, watch=None):
    """Run a command, write its output to the log, and pass each line to `watch`."""
    output, rest = [], b""
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
                        output.append(line.decode(errors="replace").rstrip())
                        if watch:
                            watch.read(output[-1])
                if watch:
                    watch.show()
        except BaseException:
            child.terminate()
            raise
    if child.returncode:
        tail = [line for line in output if line][-40:]
        quoted = "\n".join(f"    {line[:200]}" for line in tail[-5:])
        cause = likely_cause("\n".join(tail)) or f"exit status {child.returncode}, see the log"
        raise SetupError(f"The last lines of {LOG}:\n{quoted}\nerror: {doing} failed: {cause}.")


def likely_cause(text):
    """Return the likely cause of a failure from the output, or None if unknown."""
    for pattern, sentence in CAUSES.items():
        match = re.search(pattern, text)
        if match:
            return sentence.format(*match.groups())
    return None


def check_python():
    """Raise if this Python cannot create the .venv for the lock file."""
    if not (3, 11) <= sys.version_info < (3, 14):
        raise SetupError(
            f"error: Python must be 3.11, 3.12 or 3.13, got {platform.python_version()} ({sys.executable}); "
            "set another one with make PYTHON=python3.12"
        )
    missing = [module for module in ("venv", "ensurepip") if not find_spec(module)]
    if missing:
        raise SetupError(
            f"error: {sys.executable} cannot create a virtual environment because it has no module {missing[0]}; "
            "on Debian and Ubuntu, install the package python3-venv"
        )


def install(requirements, watch=None):
    """Install requirements, given as their text in the lock file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        run([*INSTALL, "--require-hashes", "--requirement", str(file)], "installing packages", watch)


def make(state, target, pip, progress):
    """Create .venv, or update it from its current state to the target state."""
    if not state:
        check_python()
    start, old = time.monotonic(), state.get("requirements", [])
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_bytes(b"")
    if STAMP.exists():
        STAMP.unlink()
    if not state:
        progress.say(f"Creating .venv with Python {platform.python_version()}: about 500 MB of downloads, only once.")
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "creating .venv")
        if pip:
            run([*PIP, "install", f"pip=={pip}"], f"installing pip {pip}")
    obsolete = names(old) - names(target["requirements"])
    if obsolete:
        run([*PIP, "uninstall", "--yes", *sorted(obsolete)], "removing packages")
    new = {line: text for line, text in locked(target["lock"]).items() if line not in old}
    tools = [new.pop(line) for line in [*new] if names([line]) <= BUILD_TOOLS]
    if tools:
        install(tools)
    if new:
        install(new.values(), Installation(progress, len(new)))
    progress.show("Checking the installed packages.")
    run([*INSTALL, "--editable", "."], "installing layerwise")
    run([*PIP, "check"], "the check of the installed packages")
    part = STAMP.with_suffix(".part")
    part.write_text(json.dumps({**target, "abi": venv_abi()}), encoding="utf-8")
    part.replace(STAMP)
    progress.say(f"Setup done: {len(packages())} packages in .venv, {time.monotonic() - start:.0f} s.")


def main():
    """Create or update .venv if it is not complete."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lock", choices=[RUN, DEVELOPMENT])
    parser.add_argument("--pip", help="version of pip to use instead of the one bundled with Python")
    parser.add_argument("--this-python", action="store_true", help="recreate a .venv of another Python")
    arguments = parser.parse_args()
    abi = f"{sys.implementation.cache_tag}{sys.abiflags} {platform.machine()}" if arguments.this_python else None
    os.chdir(str(ROOT))
    progress = Progress()

    def states():
        state = installed(abi)
        target = wanted(arguments.lock, state)
        return state, target, all(state.get(key) == value for key, value in target.items())

    try:
        if not states()[-1]:
            hold(progress)
            state, target, done = states()
            if not done:
                make(state, target, arguments.pip, progress)
    except SetupError as error:
        progress.clear()
        sys.exit(str(error))
    except OSError as error:
        progress.clear()
        sys.exit(f"error: the setup failed: {likely_cause(str(error)) or error}.")
    except KeyboardInterrupt:
        progress.say("Interrupted: run the same command again.")
        sys.exit(130)


if __name__ == "__main__":
    main()
