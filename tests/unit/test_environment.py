"""pyproject.toml, the lock files and environment.yml describe the same environment, and the lock files are complete."""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {"requirements.txt": ("build",), "requirements-dev.txt": ("build", "dev")}
TEXTS = {lock: (ROOT / lock).read_text() for lock in LOCKS}
LOCKED = {
    lock: [Requirement(line.rstrip(" \\")) for line in re.findall(r"^[a-z0-9].*", text, re.MULTILINE)]
    for lock, text in TEXTS.items()
}
# Published requirements of each locked package, recorded by `make lock` because packages for other platforms are not
# installed here.
PUBLISHED = json.loads(Path(__file__).with_name("locked_metadata.json").read_text())
REQUIRES = {
    (canonicalize_name(name), version): [Requirement(line) for line in lines]
    for pin, lines in PUBLISHED.items()
    for name, version in [pin.split("==")]
}
MACHINES = {
    "Linux on x86-64": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    "Linux on ARM": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64"},
    "macOS": {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    "Windows": {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64", "os_name": "nt"},
}


def direct(lock):
    """Return the direct requirements of the project."""
    extras = [line for extra in LOCKS[lock] for line in PROJECT["optional-dependencies"][extra]]
    return [Requirement(line) for line in PROJECT["dependencies"] + extras]


def applies(requirement, place, extras=()):
    """Return whether a requirement applies in an environment, for a package requested with these extras."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**place, "extra": extra}) for extra in ("", *extras))


def pins(lock, place):
    """Return the version of each package that a lock file installs in an environment."""
    versions = [(r.name, next(iter(r.specifier)).version) for r in LOCKED[lock] if applies(r, place)]
    assert len(versions) == len(dict(versions)), "a package is locked twice"
    return dict(versions)


def needed(pinned, requirements, place):
    """Follow requirements through a lock file; return the packages reached and the requirements not satisfied."""
    reached, unmet, queue = set(), set(), [("layerwise", r) for r in requirements if applies(r, place)]
    while queue:
        parent, requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        if name not in pinned or not requirement.specifier.contains(pinned[name], prereleases=True):
            unmet.add(f"{parent} needs {requirement}")
            continue
        wanted = {(name, extra) for extra in ("", *requirement.extras)} - reached
        reached |= wanted
        for _, extra in wanted:
            children = REQUIRES[name, pinned[name]]
            queue += [(name, child) for child in children if applies(child, place, (extra,))]
    return {name for name, _ in reached}, unmet


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", ["3.11.0", "3.11.14", "3.12.0", "3.12.12", "3.13.0", "3.13.11"])
def test_a_lock_file_has_all_required_packages_and_no_others(python, machine, lock):
    place = {
        **default_environment(),
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "implementation_version": python,
        **MACHINES[machine],
    }
    pinned = pins(lock, place)
    reached, unmet = needed(pinned, direct(lock), place)
    assert unmet == set()
    assert set(pinned) - reached == set()


def test_requirements_are_recorded_for_the_locked_versions():
    locked = {(r.name, next(iter(r.specifier)).version) for lock in LOCKS for r in LOCKED[lock]}
    assert set(REQUIRES) == locked


def test_the_recorded_requirements_equal_those_of_the_installed_packages():
    installed = {(canonicalize_name(d.name), d.version): d for d in metadata.distributions()}
    compared = set(installed) & set(REQUIRES)
    wrong = [p for p in compared if {*map(Requirement, installed[p].requires or ())} != set(REQUIRES[p])]
    assert len(compared) > 100
    assert wrong == []


def test_both_lock_files_have_the_same_versions():
    pinned = {lock: {r.name: r.specifier for r in LOCKED[lock]} for lock in LOCKS}
    assert pinned["requirements.txt"].items() < pinned["requirements-dev.txt"].items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash_and_no_index_is_set(lock):
    blocks = re.split(r"\n(?=[a-z0-9])", TEXTS[lock].partition("make lock\n")[2])
    assert len(blocks) == len(LOCKED[lock])
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in TEXTS[lock]
    assert "--index" not in TEXTS[lock]


def test_the_conda_environment_has_the_same_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    wanted = {r.name for r in direct("requirements-dev.txt")}
    locked = {str(r).replace('"', "'") for r in LOCKED["requirements-dev.txt"] if r.name in wanted}
    assert {str(Requirement(line)).replace('"', "'") for line in pip["pip"]} == locked
    python = next(item for item in conda if item.startswith("python"))
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PROJECT["requires-python"])
