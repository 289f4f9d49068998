"""pyproject.toml, requirements.txt and environment.yml describe one environment."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.txt").read_text()
LOCKED = [Requirement(line.rstrip(" \\")) for line in re.findall(r"^[a-z0-9].*", LOCK, re.MULTILINE)]
DIRECT = [Requirement(r) for r in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]


@pytest.mark.parametrize("machine", [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")], ids=str)
@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_the_lock_satisfies_the_project_on_every_machine(python, machine):
    place = {
        **default_environment(),
        "sys_platform": machine[0],
        "platform_machine": machine[1],
        "python_version": python,
        "python_full_version": f"{python}.0",
    }

    def here(requirement):
        return requirement.marker is None or requirement.marker.evaluate(place)

    locked = {r.name: next(iter(r.specifier)).version for r in LOCKED if here(r)}
    wrong = [r for r in DIRECT if here(r) and not r.specifier.contains(locked.get(r.name, "0"), prereleases=True)]
    assert wrong == []


def test_every_locked_package_has_a_hash_and_no_index_is_named():
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK)
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in LOCK
    assert "--index" not in LOCK


def test_conda_users_get_the_same_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    wanted = {r.name for r in DIRECT}
    locked = {str(r).replace('"', "'") for r in LOCKED if r.name in wanted}
    assert {str(Requirement(line)).replace('"', "'") for line in pip["pip"]} == locked
    python = next(item for item in conda if item.startswith("python"))
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PROJECT["requires-python"])
