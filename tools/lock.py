"""Regenerate the lock files from pyproject.toml: `make lock`, on Linux x86-64, with uv on the PATH.

    python tools/lock.py [--upgrade | --upgrade-package NAME]     without an option, the versions are kept

`requirements.txt` contains the packages needed for a run, `requirements-dev.txt` also those for tests and linters, each
for all PYTHONS and PLATFORMS. `environment.yml` is updated to the same versions. The published requirements of each
locked package are written to `tests/unit/locked_metadata.json`, with which a test checks that the locks are complete.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = {"requirements.txt": ["build"], "requirements-dev.txt": ["build", "dev"]}
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin")


def compile_lock(lock: str, extras: list[str], options: list[str]) -> None:
    """Resolve the requirements for all Pythons and platforms, preferring the versions in the existing file."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal", "--python-version", PYTHONS[0]]
    command += ["--generate-hashes", "--no-annotate", "--output-file", lock, *options]
    command += [word for extra in extras for word in ("--extra", extra)]
    command += ["--constraint", "requirements.txt"] if lock != "requirements.txt" else []
    subprocess.run(command, check=True, env={**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"})


def check_files(lock: str) -> None:
    """Raise if a locked package has no file for one of the Pythons and platforms."""
    for python in PYTHONS:
        for platform in PLATFORMS:
            with tempfile.TemporaryDirectory() as folder:
                command = ["uv", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--requirements", lock]
                command += ["--python-version", python, "--python-platform", platform, "--target", folder]
                subprocess.run(command, check=True)


def published_requirements(lock: str) -> dict[str, list[str]]:
    """Return the requirements of each locked package, including packages for other platforms."""
    with tempfile.TemporaryDirectory() as folder:
        everything, report = Path(folder, "requirements.txt"), Path(folder, "report.json")
        everything.write_text(re.sub(r" ; .* \\$", r" \\", Path(lock).read_text(), flags=re.MULTILINE))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps"]
        subprocess.run([*command, "--require-hashes", "--report", report, "--requirement", everything], check=True)
        packages = [package["metadata"] for package in json.loads(report.read_text())["install"]]
    return {f"{p['name']}=={p['version']}": sorted(p.get("requires_dist", [])) for p in packages}


def update_environment(lock: str) -> None:
    """Write the locked versions into environment.yml."""
    versions = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", Path(lock).read_text(), re.MULTILINE))
    file = Path("environment.yml")
    file.write_text(re.sub(r"([a-z0-9-]+)==([^ ;\n]+)", lambda m: f"{m[1]}=={versions[m[1]]}", file.read_text()))


def main() -> None:
    """Write both lock files, environment.yml and the recorded requirements."""
    os.chdir(ROOT)
    for lock, extras in LOCKS.items():
        compile_lock(lock, extras, sys.argv[1:])
        check_files(lock)
    update_environment(lock)
    record = json.dumps(published_requirements(lock), indent=1, sort_keys=True)
    Path("tests/unit/locked_metadata.json").write_text(f"{record}\n")


if __name__ == "__main__":
    main()
